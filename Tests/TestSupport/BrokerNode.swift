import Foundation

/// A RabbitMQ node of a test's own, to stop, to kill and to set as it likes.
package final class BrokerNode: Sendable {
    private let home: String
    private let ports: [String: Int]

    /// Starts it, which takes some seconds.
    package static func start() async throws -> BrokerNode {
        let node = try BrokerNode()
        try await node.start()
        return node
    }

    private init() throws {
        home = try TestEnvironment.value("TEST_HOME") + "/node-" + UUID().uuidString.lowercased().prefix(8)
        var ports: [String: Int] = [:]
        for name in ["RABBITMQ_PORT", "RABBITMQ_MANAGEMENT_PORT", "RABBITMQ_DIST_PORT", "EPMD_PORT"] {
            ports["WHARF_\(name)"] = try freePort()
        }
        self.ports = ports
    }

    /// The port for AMQP.
    package var port: Int { ports["WHARF_RABBITMQ_PORT"] ?? 0 }

    /// Starts it again, with all that it has kept, and waits until it serves.
    package func start() async throws { try await services("start", "rabbitmq") }

    /// Ends it in an orderly way, as a restart for an update does.
    package func stop() async throws { try await services("stop", "rabbitmq") }

    /// Ends it as a power cut does.
    package func kill() async throws {
        let record = try String(contentsOfFile: home + "/run/rabbitmq.pid", encoding: .utf8)
        guard let processID = record.split(separator: " ").first.flatMap({ Int32($0) }) else {
            throw TestEnvironment.Missing(description: "no process id in \(record)")
        }
        Foundation.kill(processID, SIGKILL)
        try await eventually("the node is gone") {
            try await Self.run(["status", "rabbitmq"], environment).status == 3
        }
    }

    /// Ends it and takes its data away.
    package func remove() async throws {
        try await stop()
        try FileManager.default.removeItem(atPath: home)
    }

    /// Sets how long consumers may hold a message, on channels that are opened from now on.
    package func allowHolding(milliseconds: Int, lookingEvery interval: Int) async throws {
        try await services(
            "rabbitmqctl",
            "eval",
            """
            application:set_env(rabbit, consumer_timeout, \(milliseconds)),
            application:set_env(rabbit, channel_tick_interval, \(interval)).
            """
        )
    }

    /// Lets it believe that memory is short, or not.
    package func alarmMemory(_ isShort: Bool) async throws {
        try await services("rabbitmqctl", "set_vm_memory_high_watermark", isShort ? "0.00001" : "0.4")
    }

    /// The AMQP and management URLs of its default virtual host.
    func urls() async throws -> (amqp: String, management: String) {
        let settings = try await services("env")
        func value(_ name: String) throws -> String {
            let prefix = "export \(name)="
            guard let line = settings.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }) else {
                throw TestEnvironment.Missing(description: "script/services env says nothing about \(name)")
            }
            return String(line.dropFirst(prefix.count))
        }
        return (try value("AMQP_URL"), try value("AMQP_MANAGEMENT_URL"))
    }

    private var environment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        var environment = ports.mapValues(String.init)
        environment["WHARF_HOME"] = home
        for name in ["PATH", "HOME", "LANG"] { environment[name] = own[name] }
        return environment
    }

    @discardableResult
    private func services(_ arguments: String...) async throws -> String {
        let (status, output) = try await Self.run(arguments, environment)
        guard status == 0 else {
            throw TestEnvironment.Missing(description: "script/services \(arguments): \(status), \(output)")
        }
        return output
    }

    private static func run(
        _ arguments: [String],
        _ environment: [String: String]
    ) async throws -> (status: Int32, output: String) {
        let process = try TestProcess("script/services", arguments, environment: environment)
        let status = try await process.ended(within: .seconds(120))
        return (status, process.output)
    }
}
