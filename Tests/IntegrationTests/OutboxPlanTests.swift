import Database
import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Outbox

/// What the relay reads does not grow with what waits: the plans of its statements, on many rows. The figures for a
/// million are in docs/benchmarks.md.
@Suite struct OutboxPlanTests {
    private static let limit = 512

    /// A node of `EXPLAIN (FORMAT JSON)`, with those below it.
    private struct Node {
        let kind: String
        let index: String?
        let rows: Int
        let filtered: Int

        static func all(in plan: Any?) -> [Node] {
            guard let plan = plan as? [String: Any] else { return [] }
            let below = (plan["Plans"] as? [Any] ?? []).flatMap { all(in: $0) }
            let node = Node(
                kind: plan["Node Type"] as? String ?? "",
                index: plan["Index Name"] as? String,
                rows: (plan["Actual Rows"] as? NSNumber)?.intValue ?? 0,
                filtered: (plan["Rows Removed by Filter"] as? NSNumber)?.intValue ?? 0
            )
            return [node] + below
        }
    }

    private func explain(_ query: PostgresQuery, _ database: Database) async throws -> [Node] {
        let explain: PostgresQuery = "EXPLAIN (ANALYZE, FORMAT JSON) \(query)"
        let text = try await database.primary.query(explain).map { try $0.decode(0, as: String.self) }.joined(
            separator: "\n"
        )
        let plans = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        return Node.all(in: plans?.first?["Plan"])
    }

    /// `due` and `undue` rows; the due ones are as young as rows can be, and as old.
    private func fill(_ database: Database, due: Int, undue: Int) async throws {
        try await database.primary.query(
            """
            INSERT INTO outbox (id, job_name, body, available_at, created_at)
            SELECT gen_random_uuid(), 'later', '{}'::json, now() + interval '1 day' + n * interval '1 second', now()
            FROM generate_series(1, \(undue)::int) AS n
            UNION ALL
            SELECT gen_random_uuid(), 'now', '{}'::json, now() - n * interval '1 millisecond', now() - n * interval '1 second'
            FROM generate_series(0, \(due - 1)::int) AS n
            """
        )
    }

    /// Of 50,000 rows.
    @Test(arguments: [0, 25_000, 50_000])
    func theRelayReadsNoMoreThanItTakes(_ due: Int) async throws {
        try await TestDatabase.asWorker { database in
            try await fill(database, due: due, undue: 50_000 - due)
            try await analyze(database)
            let statements: [(PostgresQuery, limit: Int)] = [
                (OutboxStore.claim(limit: Self.limit), Self.limit), (OutboxStore.due(limit: 10_000), 10_000),
            ]
            for (statement, limit) in statements {
                let plan = try await explain(statement, database)
                let scans = plan.filter { $0.kind.hasSuffix("Scan") && $0.kind != "Subquery Scan" }
                #expect(scans.map(\.index) == ["outbox_due"], "\(plan)")
                #expect(scans.allSatisfy { $0.rows <= min(limit, due) && $0.filtered == 0 }, "\(plan)")
                #expect(!plan.contains { $0.kind == "Sort" }, "\(plan)")
            }
        }
    }

    private func analyze(_ database: Database) async throws {
        let name = try await database.primary.query("SELECT current_database()")[0].decode(0, as: String.self)
        let url = try TestEnvironment.url(TestEnvironment.databaseURL, database: name)
        let owner = PostgresPool(.init(url: url, size: 1))
        let result: Result<PostgresRows, any Error>
        do { result = .success(try await owner.query("ANALYZE outbox")) } catch { result = .failure(error) }
        await owner.shutdown()
        _ = try result.get()
    }
}
