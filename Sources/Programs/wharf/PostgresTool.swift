import Foundation
import Postgres

/// One of the programs that come with PostgreSQL, run with the connection that a libpq URI names.
struct PostgresTool {
    let name: String

    /// What it complains of goes to standard error, as it comes.
    ///
    /// - Parameter url: `nil` for what needs no server.
    /// - Returns: what it printed.
    /// - Throws: `CommandFailure` when it is not installed or fails.
    @discardableResult
    func run(_ arguments: [String], url: String? = nil) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        var environment = ProcessInfo.processInfo.environment
        if let url { environment.merge(try PostgresURL.environment(url)) { $1 } }
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            end.yield($0.terminationStatus)
            end.finish()
        }
        try process.run()
        // While it runs: an answer longer than a pipe holds would otherwise never end.
        let printed = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: output.fileHandleForReading.readDataToEndOfFile())
            }
        }
        let status = await ends.first { _ in true }
        switch status {
        case 0: return String(decoding: printed, as: UTF8.self)
        case 127: throw CommandFailure("\(name) is not installed: it comes with PostgreSQL's client programs")
        default: throw CommandFailure("\(name) failed with status \(status ?? -1)")
        }
    }
}
