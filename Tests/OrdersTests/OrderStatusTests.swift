import Foundation
import Testing

@testable import Orders

@Suite struct OrderStatusTests {
    /// The edges of the database's trigger, read from the migration: the two must not drift apart.
    @Test func theDatabaseKnowsTheSameEdges() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sql = try String(contentsOf: root.appending(path: "migrations/0003_orders.up.sql"), encoding: .utf8)
        var edges: Set<String> = []
        for match in sql.matches(of: /\('([a-z]+)', '([a-z]+)'\)/) { edges.insert("\(match.1) \(match.2)") }
        let ours = Order.Status.allCases.flatMap { from in from.next.map { "\(from.rawValue) \($0.rawValue)" } }
        #expect(edges == Set(ours))
    }
}
