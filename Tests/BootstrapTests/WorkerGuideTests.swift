import Foundation
import Testing

/// docs/writing-a-worker.md shows the files of `Examples/ResizeImages` and nothing else: this keeps it true.
@Suite struct WorkerGuideTests {
    private static let example = "Examples/ResizeImages"

    /// The files that the document shows, each named in a comment before its block.
    private static func files() throws -> [String: String] {
        let guide = try String(contentsOfFile: "docs/writing-a-worker.md", encoding: .utf8)
        var files: [String: String] = [:]
        for part in guide.components(separatedBy: "<!-- file: ").dropFirst() {
            let lines = part.components(separatedBy: "\n")
            let name = try #require(lines.first?.components(separatedBy: " -->").first)
            try #require(lines[1].hasPrefix("```"), "\(name) is followed by no block")
            files[name] = lines[2...].prefix { $0 != "```" }.map { $0 + "\n" }.joined()
        }
        return files
    }

    @Test func whatItShowsIsWhatIsThere() throws {
        let files = try Self.files()
        for (name, text) in files {
            let there = try String(contentsOfFile: "\(Self.example)/\(name)", encoding: .utf8)
            #expect(text == there, "docs/writing-a-worker.md shows another \(name)")
        }
    }

    /// A reader who types what the document says has everything that the programs need.
    @Test func everySourceFileIsShown() throws {
        let shown = try Set(Self.files().keys)
        let folders = ["Sources", "queues"]
        for folder in folders {
            let paths = try #require(FileManager.default.enumerator(atPath: "\(Self.example)/\(folder)"))
            for case let path as String in paths where path.hasSuffix(".swift") || path.hasSuffix(".json") {
                #expect(shown.contains("\(folder)/\(path)"))
            }
        }
        #expect(shown.contains("Package.swift"))
    }

    /// How much there is to write is what a newcomer looks at first.
    @Test func theWorkerIsAsShortAsItSays() throws {
        let files = try Self.files()
        let names = ["Images/ResizeImage", "Images/CatalogImage", "worker-images/main"]
        let lines = try names.flatMap { name in
            try #require(files["Sources/\(name).swift"]).split(separator: "\n").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        let code = lines.count { !$0.isEmpty && !$0.hasPrefix("//") }
        let guide = try String(contentsOfFile: "docs/writing-a-worker.md", encoding: .utf8)
        #expect(code < 60)
        #expect(guide.contains("together are \(code) lines of code"))
    }
}
