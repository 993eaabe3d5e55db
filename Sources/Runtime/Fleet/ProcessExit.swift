import Foundation

/// How a process ended.
package enum ProcessExit: Sendable, Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)

    /// Reads a status of waitpid(2) with the macros of `sys/wait.h`, which Swift cannot import.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .status((waitStatus >> 8) & 0xFF) : .signal(signal)
    }

    package var description: String {
        switch self {
        case .status(126): "exit status 126, the command cannot be executed"
        case .status(127): "exit status 127, the command was not found"
        case .status(78): "exit status 78, its configuration is wrong"
        case .status(let status): "exit status \(status)"
        case .signal(let number): "killed by \(Self.name(ofSignal: number))"
        }
    }

    private static func name(ofSignal number: Int32) -> String {
        switch number {
        case SIGHUP: "SIGHUP"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGSEGV: "SIGSEGV"
        case SIGPIPE: "SIGPIPE"
        case SIGTERM: "SIGTERM"
        default: "signal \(number)"
        }
    }
}
