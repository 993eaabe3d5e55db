import Bootstrap
import Configuration
import HTTPClient
import JobControl
import Jobs
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
        summary:
            "Lists the broker's queues: what waits, what is being worked on, who consumes, what is paused or limited.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let topology = try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
        let said = await whatIsSaid()
        return try await withManagement { management in
            var table = Table([
                "queue", "ready", "unacked", "consumers", "in_per_second", "out_per_second", "paused", "limit",
            ])
            for queue in try await management.queues() {
                let entry = said[queue.name]
                let definition = topology.queue(named: queue.name)
                let limit = definition.flatMap { QueueControlCommands.describe(entry?.state.rate ?? .standard, $0) }
                table.append([
                    .text(queue.name), .number(queue.ready), .number(queue.unacked), .number(queue.consumers),
                    .number(Int(queue.publishRate.rounded())), .number(Int(queue.ackRate.rounded())),
                    entry?.pause.map(Table.Cell.text) ?? .missing, limit.map(Table.Cell.text) ?? .missing,
                ])
            }
            try show(table, invocation)
            return .success
        }
    }

    /// The broker's half of the list is worth having when the database is down.
    private static func whatIsSaid() async -> [String: QueueControlStore.Entry] {
        do {
            return try await QueueControlCommands.entries()
        } catch {
            complain("wharf: what is paused or limited cannot be told: \(error)")
            return [:]
        }
    }

    private static func withManagement(_ body: (ManagementAPI) async throws -> ExitCode) async throws -> ExitCode {
        let client = HTTPClient()
        defer { client.shutdown() }
        let url = try Environment().value(Settings.amqpManagementURL)
        return try await body(ManagementAPI(url: url, client: client))
    }
}
