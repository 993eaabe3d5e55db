/// One command of the tool: what it is called, what it takes, and what it does.
struct Command: Sendable {
    struct Option: Sendable {
        /// The long name without its dashes.
        let name: String
        /// What stands for the value in the help, or nil for a flag.
        let value: String?
        let help: String

        static func flag(_ name: String, _ help: String) -> Option { Option(name: name, value: nil, help: help) }
        static func value(_ name: String, _ value: String, _ help: String) -> Option {
            Option(name: name, value: value, help: help)
        }
    }

    struct Operand: Sendable {
        let name: String
        let help: String
        var isOptional = false
    }

    /// The words that name the command, such as `["queues", "apply"]`.
    let path: [String]
    let summary: String
    var operands: [Operand] = []
    var options: [Option] = []
    let run: @Sendable (Invocation) async throws -> ExitCode

    var name: String { path.joined(separator: " ") }
}

enum ExitCode: Int32, Sendable {
    case success = 0
    /// The command ran and what it was asked for does not hold, or failed.
    case failure = 1
    /// The command line was wrong.
    case usage = 2
    /// A setting is missing or bad (EX_CONFIG of sysexits.h).
    case configuration = 78
}

/// A command line that fits a command.
struct Invocation: Sendable, Equatable {
    var operands: [String: String] = [:]
    var values: [String: String] = [:]
    var flags: Set<String> = []

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    /// The option's value as a whole number within `range`, or `fallback` where it was not given.
    func integer(_ option: String, in range: ClosedRange<Int>, default fallback: Int? = nil) throws(UsageError) -> Int {
        guard let text = values[option] else {
            guard let fallback else { throw UsageError("--\(option) is missing") }
            return fallback
        }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("--\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func text(_ option: String) throws(UsageError) -> String {
        guard let text = values[option] else { throw UsageError("--\(option) is missing") }
        return text
    }
}

/// A command line that cannot be understood; the message says what is wrong with it.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A command that was understood and failed; the message is for the operator and says what to do.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
