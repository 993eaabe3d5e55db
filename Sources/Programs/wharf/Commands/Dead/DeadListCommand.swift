import DeadLetters
import Jobs
import Topology

/// `wharf dead list [QUEUE]`.
enum DeadListCommand {
    static let command = Command(
        path: ["dead", "list"],
        summary: "Lists a queue's dead letters with their reasons; without QUEUE, counts those of every queue.",
        operands: [.init(name: "QUEUE", help: DeadCommands.queue.help, isOptional: true)],
        options: DeadCommands.filters + [
            .value("limit", "N", "N of them at most"),
            .flag("json", "print JSON"),
        ]
    ) { invocation in
        let filter = try DeadCommands.filter(invocation)
        let limit = try DeadCommands.limit(invocation)
        return try await DeadQueues.with { dead in
            guard let name = invocation.operands["QUEUE"] else {
                if limit != nil { throw UsageError("--limit needs a QUEUE: without one, all letters are counted") }
                return try await summarise(dead, filter, invocation)
            }
            return try await list(dead, try dead.queue(named: name), filter, limit, invocation)
        }
    }

    private static func list(
        _ dead: DeadQueues,
        _ queue: QueueDefinition,
        _ filter: DeadLetterFilter,
        _ limit: Int?,
        _ invocation: Invocation
    ) async throws -> ExitCode {
        let isJSON = invocation.has("json")
        var stream = TableStream(
            [
                "id", "job", "reason", "error_type", "attempts", "first_failure", "last_failure", "worker",
                "routing_key", "replays",
            ],
            isJSON: isJSON
        )
        var left = limit ?? .max
        try await dead.look(at: queue) { pass in
            while left > 0 {
                let letters = try await pass.next(atMost: 256)
                if letters.isEmpty { break }
                for letter in letters where left > 0 && filter.matches(letter.entry) {
                    try stream.append(cells(letter.entry, isJSON: isJSON))
                    left -= 1
                }
            }
        }
        try stream.finish()
        return .success
    }

    private static func cells(_ entry: DeadLetterEntry, isJSON: Bool) -> [Table.Cell] {
        let letter = entry.letter
        return [
            entry.id.map { .text($0) } ?? .missing, .text(entry.envelope.name),
            .text(isJSON ? letter.reason : shortened(letter.reason)), .text(letter.errorType),
            .number(letter.attempts), .date(letter.firstFailureAt), .date(letter.lastFailureAt),
            letter.worker.isEmpty ? .missing : .text(letter.worker), .text(letter.originalRoutingKey),
            .number(entry.envelope.replays),
        ]
    }

    private static func summarise(
        _ dead: DeadQueues,
        _ filter: DeadLetterFilter,
        _ invocation: Invocation
    ) async throws -> ExitCode {
        var table = Table(["queue", "count", "error_type", "reason", "last_failure"])
        for queue in dead.topology.queues {
            var summary = DeadLetterSummary()
            try await dead.look(at: queue) { pass in
                while true {
                    let letters = try await pass.next(atMost: 256)
                    if letters.isEmpty { break }
                    for letter in letters where filter.matches(letter.entry) { summary.add(letter.entry) }
                }
            }
            for line in summary.lines {
                table.append([
                    .text(queue.deadQueue), .number(line.count), .text(line.errorType),
                    .text(invocation.has("json") ? line.reason : shortened(line.reason)), .date(line.lastFailureAt),
                ])
            }
        }
        if table.rows.isEmpty, !invocation.has("json") { print("no dead letters") } else { try show(table, invocation) }
        return .success
    }

    /// A reason may have a thousand characters; `wharf dead show` has them all.
    private static func shortened(_ reason: String) -> String {
        reason.count > 72 ? reason.prefix(71) + "…" : reason
    }
}
