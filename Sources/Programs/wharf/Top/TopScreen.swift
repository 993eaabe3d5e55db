import Foundation

/// What `wharf top` shows. Pure.
struct TopScreen {
    var sort = TopSnapshot.Sort.name
    /// Of the queues in their order on the screen.
    var selected = 0
    /// What the last key did.
    var message = ""

    private static let columns = [
        "queue", "state", "ready", "unacked", "retrying", "dead", "oldest", "in/s", "out/s", "empty in", "consumers",
        "workers",
    ]

    /// - Parameter marks: whether the selected queue has a mark.
    func text(_ snapshot: TopSnapshot, marks: Bool) -> String {
        let table = queues(snapshot).aligned().split(separator: "\n").enumerated().map { index, line in
            marks ? (index == selected + 1 ? "> " : "  ") + line : String(line)
        }
        var processes = Table(["process", "running", "of", "rss mib", "files"])
        for process in snapshot.processes {
            processes.append([
                .text(process.name), .number(process.running), .number(process.concurrency),
                .number(Int(process.residentBytes / 1_048_576)), .number(process.openFiles),
            ])
        }
        var lines = [
            snapshot.outboxRows.map { "outbox    \($0) due, oldest \(Self.age(snapshot.outboxOldestSeconds))" }
                ?? "outbox    not known: no outbox-relay answers"
        ]
        for replica in snapshot.replicas {
            let state = replica.isServing ? "serving" : "serving no reads"
            let bytes = replica.lagBytes.map { "\(Int($0)) bytes" } ?? "-"
            lines.append("\(replica.node)  \(state), behind \(Self.age(replica.lagSeconds)), \(bytes)")
        }
        lines.append(
            "breakers  "
                + (snapshot.down.isEmpty ? "closed" : snapshot.down.map { "\($0) is down" }.joined(separator: ", "))
        )
        let parts = [
            table.joined(separator: "\n"),
            snapshot.processes.isEmpty ? "no program's /metrics can be read (METRICS_URLS)" : processes.aligned(),
            lines.map(printable).joined(separator: "\n"),
        ]
        return parts.joined(separator: "\n\n")
    }

    /// The line below: what the keys do.
    var help: String {
        let keys = "q quit   s sort (\(sort.rawValue))   up, down select   p pause or resume"
        return message.isEmpty ? keys : keys + "\n" + printable(message)
    }

    private func queues(_ snapshot: TopSnapshot) -> Table {
        var table = Table(Self.columns)
        for queue in snapshot.queues(by: sort) {
            table.append([
                .text(queue.name), .text(queue.state), .number(queue.ready), .number(queue.unacked),
                .number(queue.retrying), .number(queue.dead), .text(Self.age(queue.oldestSeconds)),
                .number(Int(queue.inPerSecond.rounded())), .number(Int(queue.outPerSecond.rounded())),
                .text(queue.ready == 0 ? "-" : queue.timeToDrain.map(QueueDiagnosis.time) ?? "never"),
                .number(queue.consumers), queue.workers.map(Table.Cell.number) ?? .missing,
            ])
        }
        return table
    }

    private static func age(_ seconds: Double?) -> String { seconds.map { QueueDiagnosis.time($0) } ?? "-" }

    /// What a key does to the screen alone.
    mutating func take(_ key: TopTerminal.Key, queues: Int) {
        switch key {
        case .sort: sort = sort.next
        case .up: selected = max(0, selected - 1)
        case .down: selected = max(0, min(queues - 1, selected + 1))
        case .pause, .quit: break
        }
    }
}
