/// Turns the words of a command line into what to do. Pure: prints nothing, runs nothing.
struct CommandLineParser: Sendable {
    enum Result: Sendable {
        case run(Command, Invocation)
        case help(String)
    }

    let commands: [Command]

    func parse(_ words: [String]) throws(UsageError) -> Result {
        if words.isEmpty || words == ["--help"] || words == ["-h"] || words == ["help"] { return .help(overview()) }
        guard let command = commands.first(where: { words.starts(with: $0.path) }) else {
            let group = commands.filter { $0.path.first == words[0] }
            if group.isEmpty { throw UsageError("there is no command '\(words[0])'; 'wharf --help' lists them") }
            if words.contains("--help") || words.contains("-h") { return .help(list(group)) }
            let names = group.map { "'wharf \($0.name)'" }.joined(separator: ", ")
            throw UsageError("'\(words[0])' is one of \(names)")
        }
        let rest = words.dropFirst(command.path.count)
        if rest.contains("--help") || rest.contains("-h") { return .help(help(for: command)) }
        return .run(command, try invocation(of: command, Array(rest)))
    }

    private func invocation(of command: Command, _ words: [String]) throws(UsageError) -> Invocation {
        var result = Invocation()
        var operands: [String] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            guard word.hasPrefix("--"), word.count > 2 else {
                operands.append(word)
                continue
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let option = command.options.first(where: { $0.name == name }) else {
                throw UsageError("'wharf \(command.name)' has no option --\(name)")
            }
            if option.value == nil {
                if parts.count == 2 { throw UsageError("--\(name) takes no value") }
                result.flags.insert(name)
            } else if result.values[name] != nil {
                throw UsageError("--\(name) was given twice")
            } else if parts.count == 2 {
                result.values[name] = String(parts[1])
            } else {
                guard index < words.count else { throw UsageError("--\(name) needs a value") }
                result.values[name] = words[index]
                index += 1
            }
        }
        for (operand, word) in zip(command.operands, operands) { result.operands[operand.name] = word }
        if operands.count > command.operands.count {
            throw UsageError(
                "'wharf \(command.name)' does not know what to do with '\(operands[command.operands.count])'"
            )
        }
        if let missing = command.operands.dropFirst(operands.count).first(where: { !$0.isOptional }) {
            throw UsageError("'wharf \(command.name)' needs \(missing.name): \(missing.help)")
        }
        return result
    }

    private func overview() -> String {
        """
        usage: wharf COMMAND [OPTIONS]

        \(list(commands))

        'wharf COMMAND --help' tells more. Settings come from the environment; 'wharf doctor' checks them.
        Exit codes: 0 done, 1 failed or found wrong, 2 bad command line, 78 bad setting.
        """
    }

    private func list(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { "  \(padded($0.name, width))  \($0.summary)" }.joined(separator: "\n")
    }

    private func help(for command: Command) -> String {
        var usage = "usage: wharf \(command.name)"
        for operand in command.operands { usage += operand.isOptional ? " [\(operand.name)]" : " \(operand.name)" }
        for option in command.options { usage += " [--\(option.name)\(option.value.map { " \($0)" } ?? "")]" }
        var rows = command.operands.map { ($0.name, $0.help) }
        rows += command.options.map { ("--\($0.name)\($0.value.map { " \($0)" } ?? "")", $0.help) }
        let width = rows.map(\.0.count).max() ?? 0
        let table = rows.map { "  \(padded($0.0, width))  \($0.1)" }
        return ([usage, "", command.summary] + (table.isEmpty ? [] : [""] + table)).joined(separator: "\n")
    }
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
