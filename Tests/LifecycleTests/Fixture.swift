import Foundation

/// The runtime-fixture program as a running child.
final class Fixture: Sendable {
    enum Exit: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    private let process: Process
    let lines: AsyncStream<String>
    private let exits: AsyncStream<Exit>

    init(_ mode: String, environment: [String: String] = [:]) throws {
        let process = Process()
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        process.executableURL = folder.appendingPathComponent("runtime-fixture")
        process.arguments = [mode]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice

        let (exits, exit) = AsyncStream.makeStream(of: Exit.self)
        process.terminationHandler = {
            exit.yield($0.terminationReason == .exit ? .code($0.terminationStatus) : .signal($0.terminationStatus))
            exit.finish()
        }
        try process.run()
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        let handle = output.fileHandleForReading
        Thread.detachNewThread {
            var text = ""
            while case let data = handle.availableData, !data.isEmpty {
                text += String(decoding: data, as: UTF8.self)
                while let end = text.firstIndex(of: "\n") {
                    line.yield(String(text[..<end]))
                    text = String(text[text.index(after: end)...])
                }
            }
            line.finish()
        }
        self.process = process
        self.lines = lines
        self.exits = exits
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    var isRunning: Bool { process.isRunning }

    func exit() async -> Exit? { await exits.first { _ in true } }
}
