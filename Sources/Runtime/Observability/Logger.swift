/// Writes log lines: a constant sentence with fields beside it, so that lines can be counted and searched.
///
/// A line carries, each over the one before: the task's ``LogContext`` (and the ids of ``TraceContext/current``), the
/// logger's own fields, the call's fields. Where lines go, and in which form, is ``LogSystem``'s business.
public struct Logger: Sendable {
    /// The part of the program that speaks, such as `outbox.relay`.
    public let label: String
    private var fields: [LogKey: LogValue] = [:]

    /// - Parameter label: the part of the program that speaks, such as `outbox.relay`.
    public init(label: String) { self.label = label }

    /// The same logger with `fields` on every line.
    public func with(_ fields: [LogKey: LogValue]) -> Logger {
        var copy = self
        copy.fields.merge(fields) { _, new in new }
        return copy
    }

    /// For who looks for a fault: every job, every connection.
    public func debug(_ sentence: StaticString, _ fields: @autoclosure () -> [LogKey: LogValue] = [:]) {
        log(.debug, sentence, fields())
    }

    /// What happens in the ordinary course.
    public func info(_ sentence: StaticString, _ fields: @autoclosure () -> [LogKey: LogValue] = [:]) {
        log(.info, sentence, fields())
    }

    /// Rare and expected, such as start and stop.
    public func notice(_ sentence: StaticString, _ fields: @autoclosure () -> [LogKey: LogValue] = [:]) {
        log(.notice, sentence, fields())
    }

    /// Something failed that the program copes with.
    public func warning(_ sentence: StaticString, _ fields: @autoclosure () -> [LogKey: LogValue] = [:]) {
        log(.warning, sentence, fields())
    }

    /// Something failed that a person has to look at.
    public func error(_ sentence: StaticString, _ fields: @autoclosure () -> [LogKey: LogValue] = [:]) {
        log(.error, sentence, fields())
    }

    /// The fields are not even built when the level is not written.
    public func log(
        _ level: LogLevel,
        _ sentence: StaticString,
        _ fields: @autoclosure () -> [LogKey: LogValue] = [:]
    ) {
        guard LogSystem.isWritten(level) else { return }
        var all = LogContext.current
        if let trace = TraceContext.current {
            all[.traceID] = .string(trace.traceID)
            all[.spanID] = .string(trace.spanID)
        }
        all.merge(self.fields) { _, own in own }
        all.merge(fields()) { _, call in call }
        LogSystem.write(LogLine(level: level, logger: label, sentence: sentence, fields: all))
    }
}
