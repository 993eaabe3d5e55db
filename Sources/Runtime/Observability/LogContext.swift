/// Fields that every line logged in a task and its children carries: the request's id, the job's id.
public enum LogContext {
    /// Fields of every line that the current task and its children log.
    @TaskLocal public static var current: [LogKey: LogValue] = [:]

    /// Runs `operation` with `fields` added to the context; a field given twice has the inner value.
    public static func with<Result>(
        _ fields: [LogKey: LogValue],
        _ operation: () async throws -> Result
    ) async rethrows -> Result {
        try await $current.withValue(current.merging(fields) { _, inner in inner }, operation: operation)
    }
}
