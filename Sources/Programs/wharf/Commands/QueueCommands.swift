import Bootstrap
import Configuration
import HTTPClient
import Topology

/// `wharf queues …`: the broker's topology.
enum QueueCommands {
    static let all = [apply, list]

    private static let apply = Command(
        path: ["queues", "apply"],
        summary: "Makes the broker's exchange, queues, bindings and policies as queues/*.json say."
    ) { _ in
        let topology = try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
        return try await withManagement { management in
            try await management.apply(topology.broker)
            print("\(topology.queues.count) queues are as their files say, with their retry and dead-letter queues")
            return .success
        }
    }

    private static let list = Command(
        path: ["queues", "list"],
        summary: "Lists the broker's queues: what waits, what is being worked on, who consumes.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        try await withManagement { management in
            var table = Table(["queue", "ready", "unacked", "consumers", "in_per_second", "out_per_second"])
            for queue in try await management.queues() {
                table.append([
                    .text(queue.name), .number(queue.ready), .number(queue.unacked), .number(queue.consumers),
                    .number(Int(queue.publishRate.rounded())), .number(Int(queue.ackRate.rounded())),
                ])
            }
            try show(table, invocation)
            return .success
        }
    }

    private static func withManagement(_ body: (ManagementAPI) async throws -> ExitCode) async throws -> ExitCode {
        let client = HTTPClient()
        defer { client.shutdown() }
        let url = try Environment().value(Settings.amqpManagementURL)
        return try await body(ManagementAPI(url: url, client: client))
    }
}
