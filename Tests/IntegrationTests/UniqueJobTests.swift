import AMQP
import Database
import Foundation
import Jobs
import JobsAMQP
import Observability
import Postgres
import TestSupport
import Testing
import Topology

@testable import Outbox

/// The same key within its window makes one job.
@Suite struct UniqueJobTests {
    private let key = JobKey("only", within: .seconds(3_600))

    private func enqueue(_ database: Database, _ texts: [String] = ["x"]) async throws -> [OutboxEntry] {
        let entries = try texts.map { try OutboxEntry(Greet($0), unique: key) }
        return try await database.write { try await OutboxStore.add(entries, to: $0) }.value
    }

    private func rows(_ database: Database) async throws -> Int {
        try await database.count("SELECT count(*) FROM outbox")
    }

    @Test func aThousandAtOnceAreOneJob() async throws {
        try await TestDatabase.asWorker(connections: 20) { database in
            let written = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...1_000 {
                    group.addTask { try await enqueue(database, ["\(number)"]).count }
                }
                return try await group.reduce(0, +)
            }
            #expect(written == 1)
            #expect(try await rows(database) == 1)
            // When the window is over, the next one counts.
            try await database.primary.query("UPDATE job_keys SET expires_at = now()")
            #expect(try await enqueue(database).count == 1)
            #expect(try await enqueue(database).isEmpty)
            #expect(try await rows(database) == 2)
        }
    }

    @Test func withinOneStatementTooAndBesideOthers() async throws {
        try await TestDatabase.asWorker { database in
            let entries = [
                try OutboxEntry(Greet("plain")), try OutboxEntry(Greet("a"), unique: key),
                try OutboxEntry(Greet("b"), unique: key),
                try OutboxEntry(Greet("c"), unique: JobKey("another", within: .seconds(1))),
            ]
            let written = try await database.write { try await OutboxStore.add(entries, to: $0) }.value
            #expect(written.count == 3)
            #expect(written.allSatisfy { $0.key == nil })
            #expect(try await rows(database) == 3)
        }
    }

    @Test func aJobThatIsRolledBackKeepsNobodyAway() async throws {
        struct Failure: Error {}
        try await TestDatabase.asWorker { database in
            await #expect(throws: Failure.self) {
                try await database.write { transaction in
                    _ = try await OutboxStore.add([OutboxEntry(Greet("never"), unique: key)], to: transaction)
                    throw Failure()
                }
            }
            let written = try await enqueue(database)
            #expect(written.count == 1)
        }
    }

    @Test func thePublisherPublishesWhatWasWrittenAndNothingElse() async throws {
        try await withTestBroker { server in
            try await TestDatabase.asWorker { database in
                let queue = try QueueDefinition(
                    name: "q",
                    bindings: ["test.greet"],
                    retry: .init(rungsSeconds: [1], attempts: 2)
                )
                try await server.withJobs(Topology([queue])) { broker in
                    let publisher = OutboxPublisher(database: database, publisher: broker, metrics: MetricsRegistry())
                    for _ in 1...5 {
                        let entries = try [OutboxEntry(Greet("one"), unique: key), OutboxEntry(Greet("each"))]
                        let committed = try await database.write { try await OutboxStore.add(entries, to: $0) }
                        publisher.submit(committed.value, lsn: committed.lsn)
                        // One whose key nobody has asked for yet is not published on a guess.
                        publisher.submit(entries.filter { $0.key != nil }, lsn: committed.lsn)
                    }
                    let running = Task { try await publisher.run() }
                    try await eventually("the outbox is empty") { try await rows(database) == 0 }
                    running.cancel()
                    _ = await running.result
                    let session = try await server.session()
                    var texts: [String] = []
                    while let delivery = try await session.get("q", acknowledges: true) {
                        texts.append(try JSONDecoder().decode(Greet.self, from: Data(delivery.message.body)).text)
                    }
                    await session.close()
                    #expect(texts.sorted() == ["each", "each", "each", "each", "each", "one"])
                }
            }
        }
    }

    /// Whoever frees a key reads afterwards: a change that relied on the key must then be visible.
    @Test func freeingAKeyWaitsForThoseWhoReliedOnIt() async throws {
        try await TestDatabase.asWorker { database in
            #expect(try await enqueue(database).count == 1)
            let (met, finish) = (Gate(), Gate())
            let relying = Task {
                try await database.write { transaction in
                    let written = try await OutboxStore.add([OutboxEntry(Greet("x"), unique: key)], to: transaction)
                    met.open()
                    await finish.opened()
                    transaction.enqueue(Inbox.record("the change", by: "test"))
                    return written.count
                }.value
            }
            await met.opened()
            let freeing = Task {
                try await database.primary.query(OutboxStore.free([key], of: Greet.self))
                return try await database.count("SELECT count(*) FROM processed_messages")
            }
            try await eventually("freeing waits for a lock") {
                try await database.count(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """
                ) > 0
            }
            finish.open()
            #expect(try await relying.value == 0)
            #expect(try await freeing.value == 1)
            #expect(try await enqueue(database).count == 1)
        }
    }
}
