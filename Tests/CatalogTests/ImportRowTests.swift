import Testing
import Threading
import Validation

@testable import Catalog

@Suite struct ImportRowTests {
    private static let header = "sku,name,description,category,brand,price_amount,currency,stock_quantity,image_url"

    private struct Chunks: AsyncSequence, Sendable {
        typealias Element = [UInt8]
        let chunks: [[UInt8]]
        func makeAsyncIterator() -> Iterator { Iterator(rest: chunks[...]) }
        struct Iterator: AsyncIteratorProtocol {
            var rest: ArraySlice<[UInt8]>
            mutating func next() async throws -> [UInt8]? { rest.popFirst() }
        }
    }

    private struct Outcome {
        var rows: [[String]] = []
        var badLines: [Int] = []
        var report = CatalogImport.Report()
    }

    private func read(_ text: String) async throws -> Outcome {
        let report = Lock(CatalogImport.Report())
        let bad = Lock<[Int]>([])
        let rows = ImportRows(chunks: Chunks(chunks: [Array(text.utf8)]), report: report) { event in
            if case .badLine(let line, _) = event { bad.withLock { $0.append(line) } }
        }
        var outcome = Outcome()
        for try await chunk in rows {
            outcome.rows += String(decoding: chunk, as: UTF8.self).split(separator: "\n")
                .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
        }
        outcome.report = report.withLock { $0 }
        outcome.badLines = bad.withLock { $0 }
        return outcome
    }

    @Test func readsGoodLinesAndNamesBadOnes() async throws {
        let outcome = try await read(
            """
            \u{FEFF}\(Self.header)
            A1,Lantern,"White,
            metal",Garden Things,Elm,339,GBP,12,https://example.org/a.jpg
            A2,Mug,,Tableware,,2.99,GBP,1,https://example.org/b.jpg
            A3,,,Tableware,,299,GBP,1,https://example.org/b.jpg
            A4,Mug,,Tableware,,299,gbp,-1,javascript:alert(1)
            A5,too few fields
            A6,Mug,,Tableware,,299,GBP,0,https://example.org/b.jpg

            """
        )
        #expect(outcome.rows.map { $0[1] } == ["A1", "A6"])
        #expect(outcome.rows[0][3] == "White,\\nmetal")
        #expect(outcome.rows[0][4] == "garden-things")
        #expect(outcome.badLines == [4, 5, 6, 7])
        #expect(outcome.report.lines == 6)
        #expect(outcome.report.badLines == 4)
    }

    @Test func takesTheColumnsInAnyOrder() async throws {
        let outcome = try await read(
            """
            image_url,sku,name,description,category,brand,price_amount,currency,stock_quantity
            https://example.org/a.jpg,A1,Lantern,,Garden,,339,GBP,12
            """
        )
        #expect(outcome.rows.map { $0[1] } == ["A1"])
    }

    @Test func refusesAFileThatIsNoCatalog() async {
        await #expect(throws: CatalogImport.Failure.emptyFile) { try await read("") }
        await #expect(throws: CatalogImport.Failure.header(missing: ["image_url"], unknown: ["picture"])) {
            try await read(Self.header.replacing("image_url", with: "picture") + "\n")
        }
    }
}
