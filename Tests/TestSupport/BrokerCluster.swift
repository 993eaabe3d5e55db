import Foundation

/// Three RabbitMQ nodes of a test's own in one cluster.
package final class BrokerCluster: Sendable {
    /// By number, from 0.
    private let homes: [ServicesHome]

    /// Runs `body` with the nodes up, and takes them away afterwards.
    package static func with(_ body: (BrokerCluster) async throws -> Void) async throws {
        let cluster = try BrokerCluster()
        var failure: (any Error)?
        do {
            try await cluster.start()
            try await body(cluster)
        } catch {
            failure = error
        }
        // The first one last: its epmd knows the others.
        for home in cluster.homes.reversed() { try await home.remove() }
        if let failure { throw failure }
    }

    private init() throws {
        let ports = ["RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT", "RABBITMQ_DIST_PORT"]
        let epmd = String(try freePort())
        homes = try (0..<3).map { number in
            var variables = ["WHARF_EPMD_PORT": epmd, "WHARF_RABBITMQ_NODE": Self.name(number)]
            if number > 0 { variables["WHARF_RABBITMQ_SEED"] = Self.name(0) }
            return try ServicesHome("cluster", ports: ports, variables: variables)
        }
    }

    private static func name(_ number: Int) -> String { "wharf\(number)@localhost" }

    private func start() async throws {
        try await homes[0].services("start", "rabbitmq")
        for home in homes.dropFirst() {
            try FileManager.default.createDirectory(atPath: home.folder, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: homes[0].folder + "/secrets", toPath: home.folder + "/secrets")
            try await home.services("start", "rabbitmq")
        }
    }

    /// Starts a node again, with all that it has kept.
    package func start(_ number: Int) async throws { try await homes[number].services("start", "rabbitmq") }

    /// Ends a node as a power cut does.
    package func kill(_ number: Int) async throws { try await homes[number].kill("rabbitmq") }

    /// The number of the node with this name.
    package func number(of name: String) -> Int? { homes.indices.first { Self.name($0) == name } }

    /// The AMQP and management URLs of a node's default virtual host.
    package func urls(_ number: Int) async throws -> (amqp: String, management: String) {
        (try await homes[number].setting("AMQP_URL"), try await homes[number].setting("AMQP_MANAGEMENT_URL"))
    }

    /// The URL of a virtual host on whichever node answers.
    ///
    /// - Parameter number: of a node that is not asked.
    package func url(ofNode url: String, without number: Int? = nil) throws -> String {
        guard let host = URLComponents(string: url)?.port.map({ "127.0.0.1:\($0)" }) else {
            throw TestEnvironment.Missing(description: "no port in the node's URL")
        }
        let asked = homes.indices.filter { $0 != number }.map { "127.0.0.1:\(homes[$0].port("RABBITMQ_PORT"))" }
        let all = asked.joined(separator: ",")
        return url.replacingOccurrences(of: host, with: all)
    }
}
