import Observability

/// Prints what all processes say, each line behind its process's name.
struct FleetOutput: Sendable {
    private static let colours = [36, 33, 32, 35, 34, 31].map { "\u{1B}[\($0)m" }

    private let sink: LogSink
    private let width: Int

    init(names: [String], sink: LogSink) {
        self.sink = sink
        width = names.map(\.utf8.count).max() ?? 0
    }

    /// - Parameter colour: any number; processes with different ones are told apart.
    func writer(for name: String, colour: Int) -> @Sendable ([UInt8]) -> Void {
        let padded = name + String(repeating: " ", count: max(0, width - name.utf8.count)) + " | "
        let prefix = sink.isTerminal ? Self.colours[colour % Self.colours.count] + padded + "\u{1B}[0m" : padded
        return { [sink, prefix = Array(prefix.utf8)] line in sink.write(prefix + line + [UInt8(ascii: "\n")]) }
    }
}
