/// A RabbitMQ node of a test's own, to stop, to kill and to set as it likes.
package final class BrokerNode: Sendable {
    private let home: ServicesHome

    /// Starts it, which takes some seconds.
    package static func start() async throws -> BrokerNode {
        let node = try BrokerNode()
        try await node.start()
        return node
    }

    private init() throws {
        home = try ServicesHome(
            "node",
            ports: ["RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT", "RABBITMQ_DIST_PORT", "EPMD_PORT"]
        )
    }

    /// The port for AMQP.
    package var port: Int { home.port("RABBITMQ_PORT") }

    /// Starts it again, with all that it has kept, and waits until it serves.
    package func start() async throws { try await home.services("start", "rabbitmq") }

    /// Ends it in an orderly way, as a restart for an update does.
    package func stop() async throws { try await home.services("stop", "rabbitmq") }

    /// Ends it as a power cut does. What was declared is on its disk by then: RabbitMQ answers a declaration before it has
    /// written it, and could lose a binding of the last moments, which is not what tests look at.
    package func kill() async throws {
        try await home.services("rabbitmqctl", "eval", "mnesia:dump_log().")
        try await home.kill("rabbitmq")
    }

    /// Ends it and takes its data away.
    package func remove() async throws { try await home.remove() }

    /// Sets how long consumers may hold a message, on channels that are opened from now on.
    package func allowHolding(milliseconds: Int, lookingEvery interval: Int) async throws {
        try await home.services(
            "rabbitmqctl",
            "eval",
            """
            application:set_env(rabbit, consumer_timeout, \(milliseconds)),
            application:set_env(rabbit, channel_tick_interval, \(interval)).
            """
        )
    }

    /// Lets it believe that memory is short, or not, and returns when it does: then every connection knows before it reads
    /// what comes next.
    package func alarmMemory(_ isShort: Bool) async throws {
        try await home.services("rabbitmqctl", "set_vm_memory_high_watermark", isShort ? "0.00001" : "0.4")
        try await eventually("the alarm is \(isShort ? "on" : "off")") {
            try await home.services("rabbitmqctl", "eval", "rabbit_alarm:get_alarms().").contains("memory") == isShort
        }
    }

    /// The AMQP and management URLs of its default virtual host.
    func urls() async throws -> (amqp: String, management: String) {
        (try await home.setting("AMQP_URL"), try await home.setting("AMQP_MANAGEMENT_URL"))
    }
}
