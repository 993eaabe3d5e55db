import Foundation
import HTTPClient

extension TestShop {
    /// What a program's `/metrics` says now: values by series, as Prometheus writes them.
    package func metrics(_ program: RunningProgram) async throws -> [String: Double] {
        let url = "http://127.0.0.1:\(program.metricsPort)/metrics"
        let response = try await client.send(HTTPRequest(method: "GET", url: url))
        var values: [String: Double] = [:]
        for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            values[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return values
    }

    /// The query counter: how many statements a program sends to its databases, primary and replicas, while `body` runs.
    ///
    /// A list route must need as many for a hundred rows as for one:
    /// ```swift
    /// let one = try await shop.statements(of: api) { try await shop.call("GET", "/api/orders?page_size=1", token: token) }
    /// let all = try await shop.statements(of: api) { try await shop.call("GET", "/api/orders?page_size=100", token: token) }
    /// #expect(one == all)
    /// ```
    /// BEGIN, COMMIT and settings count too, and so does what the program does beside: wait until a write's jobs have left
    /// the outbox (`isIdle()`, or `SELECT count(*) FROM outbox` is 0) before counting.
    package func statements(of program: RunningProgram, during body: () async throws -> Void) async throws -> Int {
        func total() async throws -> Double {
            let values = try await metrics(program).filter { $0.key.hasPrefix("database_statements_total") }
            if values.isEmpty { throw TestEnvironment.Missing(description: "the program counts no statements") }
            return values.values.reduce(0, +)
        }
        let before = try await total()
        try await body()
        return Int(try await total() - before)
    }
}
