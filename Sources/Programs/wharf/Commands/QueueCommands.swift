import Bootstrap
import Configuration
import Foundation
import HTTPClient
import JobControl
import Jobs
import Messages
import Topology

/// `wharf queues …`: the broker's topology.
enum QueueCommands {
    static let all = [diff, apply, export, list]

    private static let diff = Command(
        path: ["queues", "diff"],
        summary:
            "Compares the broker's exchange, queues, bindings and policies with queues/*.json; fails on a difference.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let topology = try loadTopology()
        return try await withManagement { management in
            let diff = try await management.diff(topology.broker)
            warnAboutUnbound(topology)
            print(invocation.has("json") ? try TopologyText.json(diff.findings) : TopologyText.diff(diff))
            return diff.findings.isEmpty ? .success : .failure
        }
    }

    private static let apply = Command(
        path: ["queues", "apply"],
        summary:
            "Makes the broker as queues/*.json say, except where that would lose messages: then it says what to do.",
        options: [.flag("dry-run", "only print what would be done")]
    ) { invocation in
        let topology = try loadTopology()
        return try await withManagement { management in
            let diff = try await management.diff(topology.broker)
            if invocation.has("dry-run") {
                print(TopologyText.dryRun(diff))
                return diff.refusals.isEmpty ? .success : .failure
            }
            let report = try await management.apply(diff)
            warnAboutUnbound(topology)
            print(TopologyText.report(report))
            return report.refused.isEmpty ? .success : .failure
        }
    }

    private static let export = Command(
        path: ["queues", "export"],
        summary: "Prints queues/*.json as a definitions file of RabbitMQ.",
        options: [
            .value(
                "vhost",
                "NAME",
                "for load_definitions and rabbitmqctl import_definitions, which want it in the file"
            )
        ]
    ) { invocation in
        let file = DefinitionsFile(try loadTopology().broker, virtualHost: invocation.values["vhost"])
        print(String(decoding: try file.json(), as: UTF8.self))
        return .success
    }

    private static let list = Command(
        path: ["queues", "list"],
        summary:
            "Lists the broker's queues: what waits, what is being worked on, who consumes, what is paused or limited.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let topology = try loadTopology()
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

    /// Not a difference between files and broker, and the files may be those of another system: so it only warns.
    private static func warnAboutUnbound(_ topology: Topology) {
        for key in topology.unbound(ShopRouting.keys) {
            complain("wharf: warning: no file binds a queue to \(key): such jobs would stay in the outbox")
        }
    }

    private static func loadTopology() throws -> Topology {
        try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
    }

    private static func withManagement(_ body: (ManagementAPI) async throws -> ExitCode) async throws -> ExitCode {
        let client = HTTPClient()
        defer { client.shutdown() }
        let url = try Environment().value(Settings.amqpManagementURL)
        return try await body(ManagementAPI(url: url, client: client))
    }
}
