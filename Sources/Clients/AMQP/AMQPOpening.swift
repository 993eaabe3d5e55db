import CRabbitMQ

/// How a connection comes about: TCP or TLS, login, and one open channel. All of it blocks.
enum AMQPOpening {
    /// Seconds that an answer to a synchronous call may take.
    private static let patience = 15

    static func connect(
        _ configuration: AMQPConfiguration,
        heartbeat: Int
    ) throws(AMQPError) -> amqp_connection_state_t {
        var failure = AMQPError(.badURL, "the broker's URL names no host")
        for host in configuration.hosts.shuffled() {
            do throws(AMQPError) {
                return try connect(to: host, configuration, heartbeat: heartbeat)
            } catch {
                // What one node refuses, the others refuse.
                if error.code == .authentication { throw error }
                failure = error
            }
        }
        throw failure
    }

    private static func connect(
        to host: AMQPConfiguration.Host,
        _ configuration: AMQPConfiguration,
        heartbeat: Int
    ) throws(AMQPError) -> amqp_connection_state_t {
        guard let state = amqp_new_connection() else { throw AMQPError(.connectFailed, "out of memory") }
        do throws(AMQPError) {
            try open(state, host, configuration)
            try logIn(state, configuration, heartbeat: heartbeat)
            amqp_channel_open(state, 1)
            try AMQPSocket.check(amqp_get_rpc_reply(state), "open a channel")
        } catch {
            amqp_destroy_connection(state)
            throw error
        }
        return state
    }

    private static func open(
        _ state: amqp_connection_state_t,
        _ host: AMQPConfiguration.Host,
        _ configuration: AMQPConfiguration
    ) throws(AMQPError) {
        let socket = configuration.tls == nil ? amqp_tcp_socket_new(state) : amqp_ssl_socket_new(state)
        guard let socket else { throw AMQPError(.connectFailed, "out of memory") }
        if let tls = configuration.tls {
            amqp_ssl_socket_set_verify_peer(socket, 1)
            amqp_ssl_socket_set_verify_hostname(socket, 1)
            var status = amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
            if status == 0 { status = amqp_ssl_socket_set_cacert(socket, tls.caFile) }
            if status == 0, let certificate = tls.certificateFile, let key = tls.keyFile {
                status = amqp_ssl_socket_set_key(socket, certificate, key)
            }
            if status != 0 { throw AMQPError(.connectFailed, "cannot load the TLS files: \(AMQPSocket.text(status))") }
        }
        crabbitmq_limit_answers(state, Int32(patience))
        let timeout = Int32(configuration.connectTimeout)
        let status = crabbitmq_open(socket, host.name, Int32(host.port), timeout)
        if status != 0 {
            throw AMQPError(.connectFailed, "cannot connect to \(configuration): \(AMQPSocket.text(status))")
        }
    }

    private static func logIn(
        _ state: amqp_connection_state_t,
        _ configuration: AMQPConfiguration,
        heartbeat: Int
    ) throws(AMQPError) {
        let arena = TableArena()
        var properties = arena.table([
            "product": "Wharf",
            "connection_name": .string(configuration.connectionName),
            "capabilities": .table([
                "publisher_confirms": true, "basic.nack": true, "consumer_cancel_notify": true,
                "connection.blocked": true, "authentication_failure_close": true,
            ]),
        ])
        let reply = withExtendedLifetime(arena) {
            crabbitmq_login(
                state,
                configuration.virtualHost,
                Int32(heartbeat),
                &properties,
                configuration.user,
                configuration.password
            )
        }
        do throws(AMQPError) {
            try AMQPSocket.check(reply, "log in at \(configuration)")
        } catch {
            // A broker that refuses the login closes the connection with 403 ACCESS_REFUSED or 530 NOT_ALLOWED.
            switch error.code {
            case .connectionClosed(403), .connectionClosed(530): throw AMQPError(.authentication, error.message)
            default: throw AMQPError(.connectFailed, error.message)
            }
        }
    }
}
