import DeadLetters
import Foundation

/// `wharf dead …`: jobs that were given up.
enum DeadCommands {
    static let all = [
        DeadListCommand.command, DeadShowCommand.command, DeadReplayCommand.command, DeadDropCommand.command,
        DeadAuditCommand.command,
    ]

    static let queue = Command.Operand(name: "QUEUE", help: "a queue of queues/*.json, or its dead queue")

    static let filters: [Command.Option] = [
        .value("reason", "TEXT", "those whose reason holds this, whatever its case"),
        .value("error-type", "TYPE", "those with this error type"),
        .value("job", "NAME", "those of this job"),
        .value("since", "WHEN", "those that failed last since then: 90s, 30m, 2h, 7d ago, or an RFC 3339 time"),
    ]

    static let ids = Command.Option.value("id", "ID,…", "those with these message ids")

    static func filter(_ invocation: Invocation, now: Date = Date()) throws(UsageError) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.reason = try nonEmpty("reason", invocation)
        filter.errorType = try nonEmpty("error-type", invocation)
        filter.job = try nonEmpty("job", invocation)
        if let text = invocation.values["since"] {
            guard let since = DeadLetterFilter.since(text, now: now) else {
                throw UsageError(
                    "--since takes a time ago such as 90s, 30m, 2h or 7d, or one like 2026-11-21T09:30:00Z"
                )
            }
            filter.since = since
        }
        if let text = try nonEmpty("id", invocation) { filter.ids = Set(text.split(separator: ",").map(String.init)) }
        return filter
    }

    static func limit(_ invocation: Invocation) throws(UsageError) -> Int? {
        invocation.values["limit"] == nil ? nil : try invocation.integer("limit", in: 1...100_000_000)
    }

    /// An empty value would mean every letter, which nobody who typed the option can have meant.
    private static func nonEmpty(_ option: String, _ invocation: Invocation) throws(UsageError) -> String? {
        let text = invocation.values[option]
        if text?.allSatisfy({ $0 == "," || $0.isWhitespace }) == true { throw UsageError("--\(option) is empty") }
        return text
    }

    /// Says which ids the filter names and the queue did not hold.
    /// - Returns: whether there are any.
    static func reportMissing(_ filter: DeadLetterFilter, _ report: DeadLetterReport, in queue: String) -> Bool {
        let missing = (filter.ids ?? []).subtracting(report.foundIDs).sorted()
        for id in missing { print("not found  \(printable(id)) is not in \(queue)") }
        return !missing.isEmpty
    }

    static func messages(_ count: Int) -> String { count == 1 ? "1 message" : "\(count) messages" }
}
