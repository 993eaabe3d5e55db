import Foundation
import Synchronization
import Threading

/// Where all loggers of the process write: one level, one format, one sink, and one mask over secrets and personal data.
///
/// Before ``bootstrap(service:level:format:sink:)`` notices and worse go to standard error, so that a program that fails
/// early, or a test, still speaks.
public enum LogSystem {
    private struct Output: Sendable {
        var service: String?
        var format: LogFormat
        var sink: LogSink
    }

    private static let lowestRank = Atomic<Int>(LogLevel.notice.rank)
    private static let output = Lock(Output(service: nil, format: .auto, sink: .standardError))

    /// Sets what is written from now on. Called once, by `Bootstrap`, before anything else starts.
    ///
    /// - Parameters:
    ///   - service: the program's name, on every JSON line.
    ///   - level: lines below it are not even built.
    public static func bootstrap(
        service: String? = nil,
        level: LogLevel = .info,
        format: LogFormat = .auto,
        sink: LogSink = .standardOutput
    ) {
        output.withLock { $0 = Output(service: service, format: format, sink: sink) }
        lowestRank.store(level.rank, ordering: .relaxed)
    }

    static func isWritten(_ level: LogLevel) -> Bool { level.rank >= lowestRank.load(ordering: .relaxed) }

    static func write(_ line: LogLine) {
        let output = output.withLock { $0 }
        let asText = output.format == .text || (output.format == .auto && output.sink.isTerminal)
        output.sink.write(asText ? line.text(coloured: output.sink.isTerminal) : line.json(service: output.service))
    }
}
