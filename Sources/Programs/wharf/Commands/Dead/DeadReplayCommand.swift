import DeadLetters
import Jobs
import Topology

/// `wharf dead replay QUEUE`.
enum DeadReplayCommand {
    static let command = Command(
        path: ["dead", "replay"],
        summary: "Publishes dead letters again, all or those that the filters name; what is not replayed stays.",
        operands: [DeadCommands.queue],
        options: [DeadCommands.ids] + DeadCommands.filters + [
            .value("rate", "N/s", "N a second at most"),
            .value("limit", "N", "N of them at most"),
            .flag("dry-run", "only list what would be done"),
            .flag("force", "also those that were replayed \(ReplayPolicy.cap) times already, or have no message id"),
        ]
    ) { invocation in
        let replay = DeadLetterReplay(
            filter: try DeadCommands.filter(invocation),
            policy: ReplayPolicy(isForced: invocation.has("force")),
            limit: try DeadCommands.limit(invocation),
            rate: try rate(invocation.values["rate"])
        )
        return try await DeadQueues.with { dead in
            let queue = try dead.queue(named: invocation.operands["QUEUE"] ?? "")
            return try await dead.look(at: queue) { pass in
                if invocation.has("dry-run") { return try await preview(replay, of: queue, dead.topology, pass) }
                if let limit = replay.affordableLimit(of: pass.count), let rate = replay.rate {
                    throw CommandFailure(
                        "at \(rate)/s this takes longer than the broker lets a pass hold messages: "
                            + "add --limit \(limit), and run it again for the rest"
                    )
                }
                return try await run(replay, of: queue, dead, pass)
            }
        }
    }

    /// `20/s`, or `20`.
    static func rate(_ text: String?) throws(UsageError) -> Int? {
        guard let text else { return nil }
        guard let rate = Int(text.hasSuffix("/s") ? String(text.dropLast(2)) : text), (1...10_000).contains(rate) else {
            throw UsageError("--rate takes a whole number from 1 to 10000 a second, such as 20/s")
        }
        return rate
    }

    private static func run(
        _ replay: DeadLetterReplay,
        of queue: QueueDefinition,
        _ dead: DeadQueues,
        _ pass: DeadLetterPass
    ) async throws -> ExitCode {
        var filter = replay.filter.fields
        filter["limit"] = replay.limit.map(String.init)
        filter["rate"] = replay.rate.map { "\($0)/s" }
        filter["force"] = replay.policy.isForced ? "yes" : nil
        var complaints = Complaints()
        // Connected first: a broker that cannot be reached leaves no row behind.
        let report = try await ReplayPublisher.with(dead.configuration) { publish in
            try await dead.audited(.replay, of: queue, filter) { note in
                try await replay.run(on: pass, publish: publish, note: note) { event in
                    switch event {
                    case .refused(let entry, let reason): complaints.add("refused", entry, "it \(reason)")
                    case .failed(let entry, let reason): complaints.add("failed", entry, reason)
                    case .moved: break
                    }
                }
            }
        }
        complaints.finish()
        let isMissing = DeadCommands.reportMissing(replay.filter, report, in: queue.deadQueue)
        var parts = ["replayed \(report.moved) of \(DeadCommands.messages(report.matched)) from \(queue.deadQueue)"]
        if report.refused > 0 { parts.append("\(report.refused) refused") }
        if report.failed > 0 { parts.append("\(report.failed) failed") }
        print(parts.joined(separator: ", "))
        if let reason = report.stopped { complain("wharf: stopped before the end: \(reason)") }
        return report.refused + report.failed > 0 || isMissing ? .failure : .success
    }

    private static func preview(
        _ replay: DeadLetterReplay,
        of queue: QueueDefinition,
        _ topology: Topology,
        _ pass: DeadLetterPass
    ) async throws -> ExitCode {
        var report = DeadLetterReport()
        var table = TableStream(["id", "job", "replay"], isJSON: false)
        var left = replay.limit ?? .max
        while left > 0 {
            let letters = try await pass.next(atMost: 256)
            if letters.isEmpty { break }
            for letter in letters where left > 0 && report.meet(letter.entry, replay.filter) {
                let entry = letter.entry
                let verdict: String
                switch replay.policy.decide(entry) {
                case .refuse(let reason):
                    report.refused += 1
                    verdict = "refused: it \(reason)"
                case .publish(let job):
                    left -= 1
                    let queues = topology.broker.queues(forRoutingKey: job.routingKey)
                    verdict =
                        queues.isEmpty
                        ? "would stay: no queue file is bound for \(job.routingKey)"
                        : "to \(queues.joined(separator: ", "))"
                }
                let id = entry.id.map { Table.Cell.text($0) } ?? .missing
                try table.append([id, .text(entry.envelope.name), .text(verdict)])
            }
        }
        try table.finish()
        let isMissing = DeadCommands.reportMissing(replay.filter, report, in: queue.deadQueue)
        let count = DeadCommands.messages(report.matched - report.refused)
        print("dry run: \(count) of \(queue.deadQueue) would be replayed; nothing was moved")
        return report.refused > 0 || isMissing ? .failure : .success
    }
}

/// Prints why letters stayed: of many, the first ones, since a broken queue file can mean them all.
private struct Complaints {
    private static let most = 50
    private var count = 0

    mutating func add(_ what: String, _ entry: DeadLetterEntry, _ reason: String) {
        count += 1
        if count > Self.most { return }
        print("\(padded(what, 9))  \(printable(entry.id ?? "-")) stays: \(printable(reason))")
    }

    func finish() {
        if count > Self.most { print("… and \(count - Self.most) more") }
    }
}
