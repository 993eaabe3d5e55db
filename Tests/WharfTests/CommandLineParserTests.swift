import Testing

@testable import wharf

@Suite struct CommandLineParserTests {
    private let parser = CommandLineParser(commands: [
        Command(path: ["queues", "list"], summary: "Lists.", options: [.flag("json", "as JSON")]) { _ in .success },
        Command(
            path: ["catalog", "import"],
            summary: "Imports.",
            operands: [.init(name: "FILE", help: "the CSV file")],
            options: [.flag("strict", "all or nothing"), .value("products", "N", "how many")]
        ) { _ in .success },
    ])

    private func invocation(_ words: String...) throws -> Invocation {
        guard case .run(_, let invocation) = try parser.parse(words) else { throw UsageError("help") }
        return invocation
    }

    @Test func optionsStandBeforeOrBehindOperands() throws {
        let expected = Invocation(operands: ["FILE": "a.csv"], values: ["products": "3"], flags: ["strict"])
        #expect(try invocation("catalog", "import", "a.csv", "--strict", "--products", "3") == expected)
        #expect(try invocation("catalog", "import", "--products=3", "--strict", "a.csv") == expected)
    }

    @Test(arguments: [
        (["queue"], "there is no command 'queue'; 'wharf --help' lists them"),
        (["queues"], "'queues' is one of 'wharf queues list'"),
        (["queues", "list", "--yaml"], "'wharf queues list' has no option --yaml"),
        (["queues", "list", "--json=1"], "--json takes no value"),
        (["queues", "list", "more"], "'wharf queues list' does not know what to do with 'more'"),
        (["catalog", "import"], "'wharf catalog import' needs FILE: the CSV file"),
        (["catalog", "import", "f", "--products"], "--products needs a value"),
        (["catalog", "import", "f", "--products", "1", "--products", "2"], "--products was given twice"),
    ])
    func wrongCommandLinesSayWhatIsWrong(words: [String], message: String) {
        #expect(throws: UsageError(message)) { try parser.parse(words) }
    }

    @Test(arguments: [[], ["--help"], ["queues", "--help"], ["catalog", "import", "--help"]])
    func helpIsAnswered(words: [String]) throws {
        guard case .help(let text) = try parser.parse(words) else {
            Issue.record("not help")
            return
        }
        #expect(text.contains("import") || text.contains("list"))
    }

    @Test func numbersAreChecked() throws {
        let invocation = try invocation("catalog", "import", "f", "--products", "many")
        #expect(throws: UsageError("--products takes a whole number from 1 to 9")) {
            try invocation.integer("products", in: 1...9)
        }
        #expect(try Invocation().integer("products", in: 1...9, default: 4) == 4)
    }
}

@Suite struct TableTests {
    @Test func columnsAlignAndNumbersStandRight() {
        var table = Table(["queue", "ready"])
        table.append([.text("order.process"), .number(7)])
        table.append([.text("mail"), .missing])
        #expect(table.aligned() == "QUEUE          READY\norder.process      7\nmail           -")
    }

    @Test func jsonKeepsTypes() throws {
        var table = Table(["queue", "ready"])
        table.append([.text("mail"), .number(7)])
        #expect(try table.json() == "[\n  {\n    \"queue\" : \"mail\",\n    \"ready\" : 7\n  }\n]")
    }
}

@Suite struct TablePartTests {
    @Test func partsOfATableStandInLine() {
        var table = Table(["queue", "ready"])
        var widths: [Int] = []
        table.append([.text("order.process"), .number(7)])
        #expect(table.aligned(widening: &widths, hasHeader: true) == "QUEUE          READY\norder.process      7")
        table.removeRows()
        table.append([.text("mail"), .number(1_000_000)])
        #expect(table.aligned(widening: &widths, hasHeader: false) == "mail           1000000")
        #expect(widths == [13, 7])
    }

    @Test func whatSteersATerminalIsShownAsAQuestionMark() {
        var table = Table(["reason"])
        table.append([.text("a\u{1B}[2J\nb\u{202E}c\u{7F}é")])
        #expect(table.aligned() == "REASON\na?[2J?b?c?é")
    }
}
