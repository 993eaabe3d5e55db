import Foundation
import Testing

@testable import Fleet

@Suite struct ProcfileTests {
    @Test func linesCommentsAndSpaces() throws {
        let procfile = try Procfile(
            parsing: "# first\n\n  relay:  ./relay --x 'a b'  \r\napi_2-b: ${BIN:-.}/api # no comment\n"
        )
        #expect(
            procfile.entries == [
                Procfile.Entry(name: "relay", command: "./relay --x 'a b'"),
                Procfile.Entry(name: "api_2-b", command: "${BIN:-.}/api # no comment"),
            ]
        )
    }

    @Test(arguments: [
        ("a: x\nb x\n", "Procfile line 2: write it as `name: command`"),
        ("a b: x", "Procfile line 1: the name `a b` may hold letters, digits, - and _ only"),
        (": x", "Procfile line 1: the name `` may hold letters, digits, - and _ only"),
        ("\n\na:\n", "Procfile line 3: `a` has no command"),
        ("a: x\n# c\na: y", "Procfile line 3: the name `a` is taken by a line above"),
        ("# nothing\n", "Procfile: it lists no process"),
    ])
    func errorsNameTheLine(_ text: String, _ message: String) {
        let error = #expect(throws: ProcfileError.self) { try Procfile(parsing: text) }
        #expect(error?.description == message)
    }

    @Test func thisHousesProcfileStopsTheAPIFirstAndTheRelayLast() throws {
        let file = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Procfile")
        let names = try Procfile(parsing: String(contentsOf: file, encoding: .utf8)).entries.map(\.name)
        #expect(names.first == "outbox-relay")
        #expect(names.last == "api")
        #expect(Set(names.dropFirst().dropLast()) == ["worker-orders", "worker-search", "worker-email"])
    }
}
