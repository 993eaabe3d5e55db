import Foundation
import Threading

/// A shell command as a child process, in a process group of its own.
final class ChildProcess: Sendable {
    struct SpawnError: Error, CustomStringConvertible {
        let code: Int32
        var description: String { "cannot start a process: \(String(cString: strerror(code)))" }
    }

    let processID: pid_t
    /// Ends when the process has ended and its output is read; is not affected by cancellation.
    let exit: Task<ProcessExit, Never>
    /// `nil` once the process is about to be reaped: its number may then belong to somebody else.
    private let group: Lock<pid_t?>

    /// Starts `/bin/sh -c "exec <command>"` in `directory`.
    ///
    /// - Parameter onLine: gets each line that the process writes to standard output or standard error, without newline.
    static func start(
        _ command: String,
        directory: String,
        environment: [String: String],
        onLine: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> ChildProcess {
        let child = try await withCheckedThrowingContinuation { started in
            let (exits, exited) = AsyncStream.makeStream(of: ProcessExit.self)
            // The thread that starts the process lives until it has ended: the kernel sends the parent-death signal when
            // the parent's *thread* ends (prctl(2), PR_SET_PDEATHSIG).
            let thread = Thread {
                do throws(SpawnError) {
                    let (processID, output) = try spawning.withLock { _ throws(SpawnError) in
                        try spawn(command, directory, environment)
                    }
                    let child = ChildProcess(processID, exits)
                    let reader = LineReader(descriptor: output, onLine: onLine)
                    spawning.withLock { _ in }
                    started.resume(returning: child)
                    exited.yield(child.wait(for: reader))
                    exited.finish()
                } catch {
                    started.resume(throwing: error)
                }
            }
            thread.name = "child"
            thread.start()
        }
        // The child changes hands by this lock as well: the thread sanitizer does not hear of a continuation that was
        // resumed before anybody waited for it.
        spawning.withLock { _ in }
        return child
    }

    private init(_ processID: pid_t, _ exits: AsyncStream<ProcessExit>) {
        self.processID = processID
        group = Lock(processID)
        // The stream yields exactly one exit before it finishes.
        exit = Task { await exits.first { _ in true } ?? .signal(SIGKILL) }
    }

    /// Sends SIGTERM, and SIGKILL when the process has not ended `grace` later.
    func stop(grace: Duration) {
        signal(SIGTERM)
        kill(after: grace)
    }

    /// Sends SIGKILL when the process has not ended `grace` later. A second SIGTERM would not do: it means at once.
    func kill(after grace: Duration) {
        let milliseconds = grace.components.seconds * 1_000 + grace.components.attoseconds / 1_000_000_000_000_000
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(milliseconds))) { self.signal(SIGKILL) }
    }

    private func signal(_ number: Int32) {
        group.withLock { group in
            if let group { _ = Foundation.kill(-group, number) }
        }
    }

    private func wait(for reader: LineReader) -> ProcessExit {
        var info = siginfo_t()
        while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        // Not reaped yet, so the number is still ours: end what the process left behind in its group.
        signal(SIGKILL)
        group.withLock { $0 = nil }
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0 && errno == EINTR {}
        reader.waitForEnd()
        return ProcessExit(waitStatus: status)
    }

    /// One at a time: between pipe() and FD_CLOEXEC another child would inherit the pipe, and hold it open.
    private static let spawning = Lock(())

    private static func spawn(
        _ command: String,
        _ directory: String,
        _ environment: [String: String]
    ) throws(SpawnError) -> (pid_t, output: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SpawnError(code: errno) }
        defer { close(ends[1]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // An own group keeps the terminal's Ctrl-C away: the supervisor decides who stops when. What this process ignores
        // or blocks must not be ignored or blocked by its children.
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        // The script's $0 is the folder. POSIX has no way to tell posix_spawn.
        let words = parentDeathWrapper + ["/bin/sh", "-c", #"cd -- "$0" && exec \#(command)"#, directory]
        let arguments = words.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") as UnsafeMutablePointer<CChar>? } + [nil]
        defer { for string in arguments + variables { free(string) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, words[0], &actions, &attributes, arguments, variables)
        guard code == 0 else {
            close(ends[0])
            throw SpawnError(code: code)
        }
        return (processID, ends[0])
    }

    /// util-linux's setpriv has the kernel send SIGTERM when the supervisor dies, even by SIGKILL. Without it (a system
    /// that is not Debian) children survive a killed supervisor.
    private static let parentDeathWrapper: [String] = {
        let setpriv = "/usr/bin/setpriv"
        return access(setpriv, X_OK) == 0 ? [setpriv, "--pdeathsig", "SIGTERM", "--"] : []
    }()
}
