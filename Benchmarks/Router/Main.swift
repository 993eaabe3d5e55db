import Database
import Foundation
import Observability
import Postgres

/// What the router costs a read: reads that ask the database nothing, while its replicas are watched. Run by
/// `script/bench reads`.
@main
struct Main {
    private static let reads = 1_000_000

    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        func pool(_ url: some StringProtocol) -> PostgresPool { PostgresPool(.init(url: String(url), size: 2)) }
        let database = Database(
            primary: pool(environment["DATABASE_URL"] ?? ""),
            replicas: (environment["DATABASE_REPLICA_URLS"] ?? "").split(separator: ",").map { .init(pool($0)) }
        )
        let watch = Task { try await database.run() }
        while database.servingReplicas == 0 { try await Task.sleep(for: .milliseconds(50)) }
        for (name, consistency) in [
            ("any", ReadConsistency.any), ("after, and a replica has it", .after(PostgresLSN(position: 1))),
            ("after, and none has it", .after(PostgresLSN(position: .max))), ("primary", .primary),
        ] {
            var times: [Int] = []
            for _ in 0..<3 { times.append(try await nanoseconds(consistency, database)) }
            print("| \(name) | \(times.sorted()[1]) ns |")
        }
        print("| a span, with tracing off | \(await spanNanoseconds()) ns |")
        watch.cancel()
        try await watch.value
        await database.shutdown()
    }

    private static func spanNanoseconds() async -> Int {
        let start = ContinuousClock.now
        await TraceContext.$current.withValue(.new()) {
            for number in 0..<reads {
                await Tracing.span("read \(number)", .client, ["number": .int(number)]) {}
            }
        }
        return Int(start.duration(to: .now) / .nanoseconds(1)) / reads
    }

    private static func nanoseconds(_ consistency: ReadConsistency, _ database: Database) async throws -> Int {
        let start = ContinuousClock.now
        for _ in 0..<reads { try await database.read(consistency) { _ in } }
        return Int(start.duration(to: .now) / .nanoseconds(1)) / reads
    }
}
