import DeadLetters
import Foundation
import Jobs
import Topology

/// `wharf dead show ID`.
enum DeadShowCommand {
    static let command = Command(
        path: ["dead", "show"],
        summary: "Shows all about one dead letter: headers, body, the broker's notes, and what a replay would do.",
        operands: [.init(name: "ID", help: "the message's id, as 'wharf dead list' shows it")],
        options: [.value("queue", "QUEUE", "look there only (every queue)")]
    ) { invocation in
        let id = invocation.operands["ID"] ?? ""
        return try await DeadQueues.with { dead in
            let queues = try invocation.values["queue"].map { [try dead.queue(named: $0)] } ?? dead.topology.queues
            for queue in queues {
                if let entry = try await find(id, in: queue, dead) {
                    print(description(of: entry, in: queue, dead.topology))
                    return .success
                }
            }
            let places = queues.map(\.deadQueue).joined(separator: ", ")
            throw CommandFailure("no dead letter has the id \(printable(id)) in \(places)")
        }
    }

    private static func find(
        _ id: String,
        in queue: QueueDefinition,
        _ dead: DeadQueues
    ) async throws -> DeadLetterEntry? {
        try await dead.look(at: queue) { pass in
            while true {
                let letters = try await pass.next(atMost: 256)
                if letters.isEmpty { return nil }
                if let letter = letters.first(where: { $0.entry.id == id }) { return letter.entry }
            }
        }
    }

    static func description(of entry: DeadLetterEntry, in queue: QueueDefinition, _ topology: Topology) -> String {
        let (envelope, letter) = (entry.envelope, entry.letter)
        var rows: [(String, String?)] = [
            ("id", entry.id), ("job", "\(envelope.name), version \(envelope.version)"), ("queue", queue.deadQueue),
            ("reason", letter.reason), ("error type", letter.errorType), ("attempts", String(letter.attempts)),
            ("first failure", time(letter.firstFailureAt)), ("last failure", time(letter.lastFailureAt)),
            ("worker", letter.worker.isEmpty ? nil : letter.worker), ("routing key", letter.originalRoutingKey),
            ("replays", String(envelope.replays)), ("enqueued", time(envelope.enqueuedAt)),
            ("correlation id", envelope.correlationID), ("idempotency key", envelope.idempotencyKey),
            ("traceparent", envelope.traceparent), ("lsn", envelope.lsn),
        ]
        for death in entry.deaths {
            let when = death.time.map { " at \(time($0))" } ?? ""
            let keys = death.routingKeys.joined(separator: ", ")
            rows.append(("x-death", "\(death.reason) in \(death.queue)\(when), count \(death.count), keys \(keys)"))
        }
        let shown = Set(DeadLetter.headerNames + [JobHeader.replays])
        for (name, value) in envelope.headers.sorted(by: { $0.key < $1.key }) where !shown.contains(name) {
            rows.append((name, value))
        }
        rows.append(("replay", replay(of: entry, topology)))
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { "\(padded(printable($0), width))  \($1.map(printable) ?? "-")" }
        return (lines + ["", body(envelope.body)]).joined(separator: "\n")
    }

    /// What `wharf dead replay` would do with it.
    static func replay(of entry: DeadLetterEntry, _ topology: Topology) -> String {
        switch ReplayPolicy(isForced: false).decide(entry) {
        case .refuse(let reason): return "refused: it \(reason)"
        case .publish(let job):
            let queues = topology.broker.queues(forRoutingKey: job.routingKey)
            if queues.isEmpty { return "would stay here: no queue file is bound for \(job.routingKey)" }
            return "to \(queues.joined(separator: ", ")) by \(Topology.exchange) with the key \(job.routingKey), "
                + "as attempt 1 and replay \(job.replays) of \(ReplayPolicy.cap)"
        }
    }

    /// JSON over several lines; other text as it is, and bytes as what they are.
    static func body(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "(no body)" }
        if let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed),
            let json = try? JSONSerialization.data(
                withJSONObject: object,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed]
            )
        {
            return printableLines(String(decoding: json, as: UTF8.self))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let start = bytes.prefix(64).map { byte in hex(byte) }.joined(separator: " ")
            return "(\(bytes.count) bytes that are no text: \(start)\(bytes.count > 64 ? " …" : ""))"
        }
        return printableLines(text)
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }
}
