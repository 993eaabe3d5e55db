import Foundation
import Testing

@testable import Postgres

@Suite struct PostgresQueryTests {
    @Test func interpolationBinds() {
        let name: String? = nil
        let query: PostgresQuery = "SELECT \(unsafeSQL: "id") FROM users WHERE id = \(7) AND name = \(name)"
        #expect(query.sql == "SELECT id FROM users WHERE id = $1 AND name = $2")
        #expect(query.bindings == ["7", nil])
    }

    @Test func hostileTextStaysAValue() {
        let text = "'; DROP TABLE users; --"
        let query: PostgresQuery = "SELECT \(text)"
        #expect(query.sql == "SELECT $1")
        #expect(query.bindings == [text])
    }

    @Test func fragmentsNumberTheirPlaceholdersOn() {
        let filter: PostgresQuery = "a = \(1) AND b = \(2)"
        let query: PostgresQuery = "SELECT \(0) WHERE \(filter) LIMIT \(3)"
        #expect(query.sql == "SELECT $1 WHERE a = $2 AND b = $3 LIMIT $4")
        #expect(query.bindings == ["0", "1", "2", "3"])
    }

    @Test(arguments: [
        ([Int]() as any PostgresEncodable, "{}"),
        ([1, 2], "{\"1\",\"2\"}"),
        (["a\"b\\c", nil] as [String?], "{\"a\\\"b\\\\c\",NULL}"),
        ([0, 255] as [UInt8], "\\x00ff"),
        (Date(timeIntervalSince1970: 1_700_000_000.25), "2023-11-14T22:13:20.250000Z"),
        (Date(timeIntervalSince1970: -0.5), "1969-12-31T23:59:59.500000Z"),
        (PostgresLSN(position: 0x16_B374_D848), "16/B374D848"),
        (true, "t"),
    ])
    func textFormat(value: any PostgresEncodable, text: String) throws {
        #expect(try value.postgresText == text)
    }

    @Test(arguments: ["a NUL", "no number", "no instant", "before year 1", "in an array"])
    func whatPostgresCannotHoldIsRefusedWhenTheStatementRuns(name: String) throws {
        // By name, since Foundation cannot print the instants.
        let values: [String: any PostgresEncodable] = [
            "a NUL": "a\0b",
            "no number": PostgresJSON(["x": Double.nan]),
            "no instant": Date(timeIntervalSince1970: .infinity),
            "before year 1": Date(timeIntervalSince1970: -3e11),
            "in an array": [Date(timeIntervalSince1970: .nan)],
        ]
        let value = try #require(values[name])
        let bound = PostgresQuery(unsafeSQL: "SELECT $1", [value])
        let nested: PostgresQuery = "\(bound), \(1)"
        for query in [bound, nested] {
            let error = #expect(throws: PostgresError.self) { try query.validate() }
            #expect(error?.code == .encoding)
        }
    }

    @Test func aStatementHasRoomFor65535Values() throws {
        let values = Array(repeating: 1, count: 65_536)
        try PostgresQuery(unsafeSQL: "SELECT", Array(values.dropLast())).validate()
        let error = #expect(throws: PostgresError.self) { try PostgresQuery(unsafeSQL: "SELECT", values).validate() }
        #expect(error?.code == .encoding)
    }

    @Test func copyRowsEscape() {
        let line = CopyText.row(["a\tb", nil, "c\\d\ne\r", ""])
        #expect(String(decoding: line, as: UTF8.self) == "a\\tb\t\\N\tc\\\\d\\ne\\r\t\n")
    }

    @Test(arguments: ["0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"])
    func positionsReadAsTheyAreWritten(text: String) {
        #expect(PostgresLSN(text)?.description == text)
    }

    @Test(arguments: ["", "16", "16/", "x/1", "1/2/3", "100000000/0"])
    func badPositionsAreRefused(text: String) {
        #expect(PostgresLSN(text) == nil)
    }

    @Test func theCacheForgetsTheLeastRecentlyUsed() {
        var cache = StatementCache(capacity: 2)
        let one = cache.lookUp("SELECT 1")
        let two = cache.lookUp("SELECT 2")
        #expect(one.isNew && two.isNew && cache.lookUp("SELECT 1") == .init(name: one.name, isNew: false))
        _ = cache.lookUp("SELECT 3")
        #expect(cache.evicted == [two.name])
        cache.forget(two.name)
        #expect(cache.evicted == [])
        #expect(cache.lookUp("SELECT 2").isNew)
    }

    @Test func whatCouldNotBePreparedIsPreparedAgain() {
        var cache = StatementCache(capacity: 2)
        let first = cache.lookUp("SELECT x")
        cache.forget(first.name)
        let second = cache.lookUp("SELECT x")
        #expect(second.isNew && second.name != first.name)
        #expect(cache.evicted == [])
        cache.evictAll()
        #expect(cache.evicted == [second.name])
        #expect(cache.lookUp("SELECT x").isNew)
    }

    @Test func positionsTravelAsText() throws {
        let position = PostgresLSN(position: 0x16_B374_D848)
        let json = try JSONEncoder().encode([position])
        #expect(String(decoding: json, as: UTF8.self) == #"["16\/B374D848"]"#)
        #expect(try JSONDecoder().decode([PostgresLSN].self, from: json) == [position])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([PostgresLSN].self, from: Data(#"["x"]"#.utf8)) }
    }

    @Test func aURLNeverShowsInItsError() {
        let error = #expect(throws: PostgresError.self) {
            try ConnectionParameters(
                .init(url: "postgres://user:secret@[::1/x")
            )
        }
        #expect(error.map { "\($0) \($0.debugDescription)".contains("secret") } == false)
    }
}
