import Foundation
import Topology

/// `wharf queues status`: what is stuck, since when, why, what happens to those who wait, and what to do.
enum QueueStatusCommand {
    static let all = [status]

    private static let status = Command(
        path: ["queues", "status"],
        summary:
            "Says what is stuck, since when, why, what happens if you wait, and how to fix it; fails where something is.",
        options: [.flag("json", "print JSON")]
    ) { invocation in
        let (report, _) = try await ShopView.with { try await $0.look() }
        print(invocation.has("json") ? try report.table.json() : report.text)
        return report.isFine ? .success : .failure
    }
}

/// What the command prints. Pure.
struct QueueStatusReport {
    let rows: [(queue: QueueObservation, diagnosis: QueueDiagnosis)]
    let outbox: OutboxDiagnosis?
    private let now: Date

    init(queues: [QueueObservation], outbox: OutboxDiagnosis?, at now: Date) {
        rows = queues.map { ($0, QueueDiagnosis($0, at: now)) }
        self.outbox = outbox
        self.now = now
    }

    var isFine: Bool { blocks.isEmpty }

    /// A line for each queue.
    var table: Table {
        var table = Table([
            "queue", "state", "ready", "unacked", "retrying", "dead", "oldest_seconds", "in_per_second",
            "out_per_second",
            "since", "why", "if_you_wait", "fix",
        ])
        for (queue, diagnosis) in rows {
            table.append(
                [
                    .text(queue.definition.name), .text(diagnosis.state.rawValue), .number(queue.ready),
                    .number(queue.unacked), .number(queue.retrying), .number(queue.dead),
                    queue.workers?.oldestAge.map { .number(Int($0.rounded())) } ?? .missing,
                    .number(Int(queue.publishRate.rounded())), .number(Int(queue.ackRate.rounded())),
                ] + answers(diagnosis)
            )
        }
        if let outbox, let diagnosis = outbox.diagnosis {
            let age = outbox.oldestDue.map { Table.Cell.number(Int(now.timeIntervalSince($0).rounded())) } ?? .missing
            table.append(
                [
                    .text("outbox"), .text(diagnosis.state.rawValue), .number(outbox.rows), .missing, .missing,
                    .missing, age,
                ]
                    + [.missing, .missing] + answers(diagnosis)
            )
        }
        return table
    }

    private func answers(_ diagnosis: QueueDiagnosis) -> [Table.Cell] {
        [
            diagnosis.since.map(Table.Cell.date) ?? .missing, .text(diagnosis.why), .text(diagnosis.ifYouWait),
            .text(diagnosis.fix),
        ]
    }

    /// The table's first columns, and below it a block for whatever somebody has to look at.
    var text: String {
        var short = Table(Array(table.columns.prefix(9)))
        for row in table.rows { short.append(Array(row.prefix(9))) }
        return ([short.aligned()] + (isFine ? ["nothing is stuck"] : blocks)).joined(separator: "\n\n")
    }

    private var blocks: [String] {
        var blocks: [String] = []
        for (queue, diagnosis) in rows {
            if diagnosis.needsSomebody { blocks.append(block(queue.definition.name, diagnosis)) }
            if queue.dead > 0 {
                blocks.append(
                    """
                    \(queue.definition.deadQueue): \(queue.dead == 1 ? "one job was" : "\(queue.dead) jobs were") given up
                      why:         wharf dead list \(queue.definition.name)
                      if you wait: they stay there, and nothing of them is done
                      fix:         mend the reason, then wharf dead replay \(queue.definition.name)
                    """
                )
            }
        }
        if let diagnosis = outbox?.diagnosis { blocks.append(block("outbox", diagnosis)) }
        return blocks
    }

    private func block(_ name: String, _ diagnosis: QueueDiagnosis) -> String {
        let since = diagnosis.since.map {
            "\($0.formatted(.iso8601)), \(QueueDiagnosis.time(max(0, now.timeIntervalSince($0)))) ago"
        }
        return """
            \(name) is \(diagnosis.state.rawValue)
              since:       \(since ?? "not known: no program's /metrics can be read (METRICS_URLS)")
              why:         \(printable(diagnosis.why))
              if you wait: \(diagnosis.ifYouWait)
              fix:         \(diagnosis.fix)
            """
    }
}
