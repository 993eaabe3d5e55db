import Foundation
import Threading

/// A child process of a test, with its output in a file.
package final class TestProcess: @unchecked Sendable {
    // @unchecked: Foundation's Process is used by one test at a time, and its state is read through waitpid inside.
    private let process = Process()
    private let outputPath: String

    package init(_ executable: String, _ arguments: [String] = [], environment: [String: String]) throws {
        outputPath = FileManager.default.temporaryDirectory.appendingPathComponent("wharf-\(UUID().uuidString).log").path
        _ = FileManager.default.createFile(atPath: outputPath, contents: nil)
        guard let output = FileHandle(forWritingAtPath: outputPath) else {
            throw TestEnvironment.Missing(description: "cannot write \(outputPath)")
        }
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: outputPath)
    }

    package var processID: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }
    package var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    package func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until it has ended.
    /// - Returns: its exit status, or minus the signal that ended it.
    @discardableResult
    package func ended(within deadline: Duration = .seconds(30)) async throws -> Int32 {
        try await eventually("process \(processID) ends", within: deadline) { !isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    package func stop() async throws {
        if isRunning { send(SIGTERM) }
        try await ended()
    }
}

/// A TCP port on loopback that was free a moment ago.
package func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
        }
    }
    guard status == 0 else { throw TestEnvironment.Missing(description: "no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
}
