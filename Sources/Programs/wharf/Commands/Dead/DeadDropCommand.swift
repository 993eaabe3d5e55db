import DeadLetters
import Foundation
import Topology

/// `wharf dead drop QUEUE`.
enum DeadDropCommand {
    static let command = Command(
        path: ["dead", "drop"],
        summary: "Drops dead letters for good, all or those that the filters name; asks first.",
        operands: [DeadCommands.queue],
        options: [DeadCommands.ids] + DeadCommands.filters + [
            .value("limit", "N", "N of them at most"),
            .flag("yes", "do not ask"),
        ]
    ) { invocation in
        let drop = DeadLetterDrop(
            filter: try DeadCommands.filter(invocation),
            limit: try DeadCommands.limit(invocation)
        )
        guard invocation.has("yes") || isatty(STDIN_FILENO) == 1 else {
            throw UsageError("dropped messages are gone for good; without a terminal to ask on, add --yes to do it")
        }
        return try await DeadQueues.with { dead in
            let queue = try dead.queue(named: invocation.operands["QUEUE"] ?? "")
            var filter = drop.filter.fields
            filter["limit"] = drop.limit.map(String.init)
            return try await dead.look(at: queue) { pass in
                let letters = try await drop.collect(from: pass)
                let isMissing = DeadCommands.reportMissing(drop.filter, letters.report, in: queue.deadQueue)
                if letters.report.matched == 0 {
                    print("nothing to drop: no message of \(queue.deadQueue) matches")
                    return isMissing ? .failure : .success
                }
                guard invocation.has("yes") || agrees(to: letters.report.matched, queue.deadQueue) else {
                    print("nothing was dropped")
                    return .failure
                }
                let report = try await dead.audited(.drop, of: queue, filter) { note in
                    try await drop.run(letters, of: pass, note: note)
                }
                print("dropped \(DeadCommands.messages(report.moved)) from \(queue.deadQueue)")
                return isMissing ? .failure : .success
            }
        }
    }

    /// By the number, which nobody types by reflex.
    private static func agrees(to count: Int, _ queue: String) -> Bool {
        let question = "drop \(DeadCommands.messages(count)) from \(queue)? type the number: "
        FileHandle.standardError.write(Data(question.utf8))
        return readLine()?.trimmingCharacters(in: .whitespaces) == String(count)
    }
}
