import Configuration
import Foundation
import Testing

@testable import Bootstrap

@Suite struct ReadmeTests {
    /// The table in the README is for people; this keeps it true.
    @Test func theReadmeListsEverySetting() throws {
        let readme = try String(contentsOfFile: "README.md", encoding: .utf8)
        for row in Settings.markdownTable.split(separator: "\n").dropFirst(2) {
            #expect(readme.contains(row), "README.md lacks: \(row)")
        }
    }
}
