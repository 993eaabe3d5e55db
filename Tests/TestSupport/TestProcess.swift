import Foundation
import Threading

/// A child process of a test, with its output in a file.
package final class TestProcess: Sendable {
    package let processID: Int32
    private let outputPath: String
    private let status = Lock<Int32?>(nil)

    package init(_ executable: String, _ arguments: [String] = [], environment: [String: String]) throws {
        outputPath =
            FileManager.default.temporaryDirectory.appendingPathComponent("wharf-\(UUID().uuidString).log").path
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The thread that spawns may block signals (libdispatch's do), and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        sigemptyset(&noSignals)
        posix_spawnattr_setsigmask(&attributes, &noSignals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var child = pid_t()
        let failure = posix_spawn(&child, executable, &actions, &attributes, &words, &variables)
        guard failure == 0 else {
            throw TestEnvironment.Missing(
                description: "cannot run \(executable): \(String(cString: strerror(failure)))"
            )
        }
        processID = child
    }

    deinit {
        if isRunning {
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
        }
        try? FileManager.default.removeItem(atPath: outputPath)
    }

    package var isRunning: Bool { exitStatus == nil }
    package var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Its exit status, or minus the signal that ended it; nil while it runs.
    private var exitStatus: Int32? {
        status.withLock { status in
            if let status { return status }
            var raw: Int32 = 0
            guard waitpid(processID, &raw, WNOHANG) == processID else { return nil }
            // wait(2): the signal is in the low seven bits, the exit status in the second byte.
            status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f)
            return status
        }
    }

    package func send(_ signal: Int32) { if isRunning { kill(processID, signal) } }

    /// Waits until it has ended.
    /// - Returns: its exit status, or minus the signal that ended it.
    @discardableResult
    package func ended(within deadline: Duration = .seconds(60)) async throws -> Int32 {
        try await eventually("process \(processID) ends", within: deadline) { !isRunning }
        return exitStatus ?? 0
    }

    package func stop() async throws {
        send(SIGTERM)
        try await ended()
    }
}

private let lastPort = Lock(Int.random(in: 10_000..<15_000))

/// A TCP port on loopback that is free at this moment and that no other caller gets: below the range from which the kernel
/// serves outgoing connections, or one of those might have it before a program listens there.
package func freePort() throws -> Int {
    for _ in 10_000..<15_000 {
        let port = lastPort.withLock { port in
            port = port < 14_999 ? port + 1 : 10_000
            return port
        }
        if isFree(port) { return port }
    }
    throw TestEnvironment.Missing(description: "no port from 10000 to 14999 is free")
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
