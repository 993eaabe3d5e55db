import AMQP
import Database
import Foundation
import Jobs
import JobsAMQP
import Lifecycle
import Observability
import Postgres
import TestSupport
import Testing
import Topology

@testable import Outbox

@Suite struct OutboxTests {
    /// The migrations of this repository up to the outbox's own, on an empty database.
    private func withOutbox(_ body: (Database) async throws -> Void) async throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "migrations").path
        let migrations = try Migration.load(directory: directory).filter { $0.number <= 4 }
        try await withEmptyDatabase(size: 6) { pool in
            try await pool.query(
                """
                DO $$
                BEGIN
                    PERFORM pg_advisory_xact_lock(4);
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wharf_api') THEN CREATE ROLE wharf_api; END IF;
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wharf_worker') THEN
                        CREATE ROLE wharf_worker;
                    END IF;
                END $$
                """
            )
            let migrator = Migrator(migrations, pool: pool)
            _ = try await migrator.up()
            try await body(Database(primary: pool, replicas: []))
            #expect(try await migrator.down(steps: migrations.count).count == migrations.count)
        }
    }

    private func topology(_ bindings: [String] = ["test.greet"]) throws -> Topology {
        try Topology([QueueDefinition(name: "q", bindings: bindings, retry: .init(rungsSeconds: [1], attempts: 2))])
    }

    /// Runs `body` beside a service, which is stopped and waited for afterwards.
    private func running(_ service: some Service, _ body: () async throws -> Void) async throws {
        let task = Task { try await service.run() }
        var failure: (any Error)?
        do { try await body() } catch { failure = error }
        task.cancel()
        _ = await task.result
        if let failure { throw failure }
    }

    private func write(_ entries: [OutboxEntry], to database: Database) async throws -> PostgresLSN {
        try await database.write { $0.enqueue(OutboxStore.insert(entries)) }.lsn
    }

    /// As if the rows had been written a minute ago by a process that is gone.
    private func age(_ database: Database) async throws {
        try await database.primary.query(
            "UPDATE outbox SET created_at = now() - interval '1 minute', available_at = now() - interval '1 minute'"
        )
    }

    private func rows(_ database: Database) async throws -> Int {
        try await database.primary.query("SELECT count(*) FROM outbox")[0].decode(0, as: Int.self)
    }

    private func drain(_ queue: String, of server: TestBroker) async throws -> [AMQPDelivery] {
        let session = try await server.session()
        var deliveries: [AMQPDelivery] = []
        while let delivery = try await session.get(queue, acknowledges: true) { deliveries.append(delivery) }
        await session.close()
        return deliveries
    }

    @Test func whatIsCommittedIsPublishedAndDeleted() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let publisher = OutboxPublisher(database: database, publisher: broker, metrics: MetricsRegistry())
                    var sent: [String: PostgresLSN] = [:]
                    try await running(publisher) {
                        for number in 1...50 {
                            let entries = try (1...4).map {
                                try OutboxEntry(Greet("\(number).\($0)"), idempotencyKey: "k")
                            }
                            let lsn = try await write(entries, to: database)
                            for entry in entries { sent[entry.envelope.id] = lsn }
                            publisher.submit(entries, lsn: lsn)
                        }
                        try await eventually("the outbox is empty") { try await rows(database) == 0 }
                    }
                    let deliveries = try await drain("q", of: server)
                    #expect(deliveries.count == 200)
                    #expect(Set(deliveries.compactMap(\.message.properties.messageID)) == Set(sent.keys))
                    for delivery in deliveries {
                        let id = delivery.message.properties.messageID ?? ""
                        let lsn = try #require(sent[id]).description
                        #expect(delivery.message.properties.headers["x-wharf-lsn"] == .string(lsn))
                        #expect(delivery.message.properties.headers["x-wharf-idempotency-key"] == "k")
                    }
                }
            }
        }
    }

    @Test func aLaneLeadsToItsOwnQueueByPublisherAndRelay() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology(["test.greet.bulk"])) { broker in
                    let publisher = OutboxPublisher(database: database, publisher: broker, metrics: MetricsRegistry())
                    let published = try OutboxEntry(Greet("published"), lane: .bulk)
                    publisher.submit([published], lsn: try await write([published], to: database))
                    try await running(publisher) {}
                    let relayed = try OutboxEntry(Greet("relayed"), lane: .bulk)
                    _ = try await write([relayed], to: database)
                    try await age(database)
                    let relay = OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
                    try await relay.relayBatch()
                    let deliveries = try await drain("q", of: server)
                    #expect(
                        deliveries.map(\.message.properties.messageID) == [published, relayed].map(\.envelope.id)
                    )
                    #expect(deliveries.allSatisfy { $0.routingKey == "test.greet.bulk" })
                    #expect(try await rows(database) == 0)
                }
            }
        }
    }

    @Test func stoppingPublishesWhatIsStillWaiting() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let publisher = OutboxPublisher(database: database, publisher: broker, metrics: MetricsRegistry())
                    let entries = try (1...1_500).map { try OutboxEntry(Greet("\($0)")) }
                    publisher.submit(entries, lsn: try await write(entries, to: database))
                    try await running(publisher) {}
                    #expect(try await rows(database) == 0)
                    #expect(try await drain("q", of: server).count == 1_500)
                }
            }
        }
    }

    @Test func aTransactionThatFailsLeavesNoJob() async throws {
        struct Failure: Error {}
        try await withOutbox { database in
            let entries = [try OutboxEntry(Greet("never"))]
            await #expect(throws: Failure.self) {
                try await database.write { transaction in
                    try await transaction.query(OutboxStore.insert(entries))
                    throw Failure()
                }
            }
            #expect(try await rows(database) == 0)
        }
    }

    @Test func theRelayTakesOnlyWhatItsWriterCanNoLongerBeBusyWith() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let relay = OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
                    let old = try OutboxEntry(Greet("old"), correlationID: "c")
                    _ = try await write([old], to: database)
                    try await age(database)
                    let lsn = try await write([OutboxEntry(Greet("young"))], to: database)
                    // It stays young, however long this test takes on a busy machine.
                    try await database.primary.query(
                        "UPDATE outbox SET created_at = now() + interval '1 hour' WHERE id <> \(old.envelope.id)::uuid"
                    )
                    _ = try await write(
                        [OutboxEntry(Greet("later"), availableAt: Date(timeIntervalSinceNow: 3_600))],
                        to: database
                    )
                    try await relay.relayBatch()
                    let deliveries = try await drain("q", of: server)
                    #expect(deliveries.map(\.message.properties.messageID) == [old.envelope.id])
                    #expect(deliveries.first?.message.properties.correlationID == "c")
                    // The position is behind the commit of every row that the relay could see.
                    guard case .string(let text)? = deliveries.first?.message.properties.headers["x-wharf-lsn"] else {
                        Issue.record("no LSN")
                        return
                    }
                    let stamped = try #require(PostgresLSN(text))
                    #expect(stamped >= lsn)
                    #expect(try await rows(database) == 2)
                }
            }
        }
    }

    @Test func relaysAtOnceShareTheWorkAndPublishNothingTwice() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let entries = try (1...3_000).map { try OutboxEntry(Greet("\($0)")) }
                    _ = try await write(entries, to: database)
                    try await age(database)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 1...3 {
                            let relay = OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
                            group.addTask { try await relay.run() }
                        }
                        try await eventually("the outbox is empty") { try await rows(database) == 0 }
                        group.cancelAll()
                    }
                    let ids = try await drain("q", of: server).compactMap(\.message.properties.messageID)
                    #expect(ids.count == 3_000)
                    #expect(Set(ids) == Set(entries.map(\.envelope.id)))
                }
            }
        }
    }

    @Test func aBacklogIsTakenInItsOrderWithoutLookingBack() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let relay = OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
                    let due = Date(timeIntervalSinceNow: -600)
                    let entries = try (0..<(OutboxDelivery.batchSize + 10)).map {
                        try OutboxEntry(Greet("\($0)"), availableAt: due + Double($0))
                    }
                    _ = try await write(entries, to: database)
                    let next = try #require(try await relay.relayBatch())
                    // One that came in behind, and is left for the next look from the beginning.
                    _ = try await write([OutboxEntry(Greet("behind"), availableAt: due)], to: database)
                    #expect(try await relay.relayBatch(from: next) == nil)
                    #expect(try await rows(database) == 1)
                    try await relay.relayBatch()
                    #expect(try await rows(database) == 0)
                    #expect(try await drain("q", of: server).count == entries.count + 1)
                }
            }
        }
    }

    @Test func anUnroutableJobStaysWithItsReasonAndHoldsUpNobody() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology(["test.other"])) { broker in
                    let metrics = MetricsRegistry()
                    let publisher = OutboxPublisher(database: database, publisher: broker, metrics: metrics)
                    let entries = [try OutboxEntry(Greet("lost"))]
                    let lsn = try await write(entries, to: database)
                    try await running(publisher) {
                        publisher.submit(entries, lsn: lsn)
                        try await eventually("the failure is noted") {
                            try await database.primary.query("SELECT FROM outbox WHERE attempts = 1").count == 1
                        }
                    }
                    let row = try await database.primary.query(
                        "SELECT last_error, available_at > created_at FROM outbox WHERE id = \(entries[0].envelope.id)::uuid"
                    )[0]
                    let error = try row.decode(0, as: String.self)
                    let waits = try row.decode(1, as: Bool.self)
                    #expect(error.hasPrefix("unroutable"))
                    #expect(waits)
                    // The queues are applied, and the relay brings it when its wait is over.
                    try await server.withJobs(topology()) { _ in }
                    try await age(database)
                    try await OutboxRelay(database: database, publisher: broker, metrics: metrics).relayBatch()
                    #expect(try await rows(database) == 0)
                    #expect(try await drain("q", of: server).count == 1)
                }
            }
        }
    }

    @Test func aBrokerThatIsAwayCostsNoAttempts() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                // Never connected: as far as it goes, the broker is down.
                let cutOff = try AMQPBroker(url: server.url, application: "tests")
                let entries = try (1...3).map { try OutboxEntry(Greet("\($0)")) }
                let lsn = try await write(entries, to: database)
                let publisher = OutboxPublisher(database: database, publisher: cutOff, metrics: MetricsRegistry())
                try await running(publisher) { publisher.submit(entries, lsn: lsn) }
                try await age(database)
                let relay = OutboxRelay(database: database, publisher: cutOff, metrics: MetricsRegistry())
                #expect(try await relay.relayBatch() == nil)
                #expect(try await database.primary.query("SELECT FROM outbox WHERE attempts = 0").count == 3)
                try await server.withJobs(topology()) { broker in
                    let relay = OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
                    try await relay.relayBatch()
                }
                #expect(try await drain("q", of: server).count == 3)
                #expect(try await rows(database) == 0)
            }
        }
    }

    @Test func whatOverflowsTheBacklogIsLeftToTheRelay() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                try await server.withJobs(topology()) { broker in
                    let metrics = MetricsRegistry()
                    let publisher = OutboxPublisher(
                        database: database,
                        publisher: broker,
                        backlog: 2,
                        metrics: metrics
                    )
                    let entries = try (1...5).map { try OutboxEntry(Greet("\($0)")) }
                    publisher.submit(entries, lsn: try await write(entries, to: database))
                    try await running(publisher) {}
                    #expect(try await rows(database) == 3)
                    #expect(metrics.counter("outbox_overflow_total", help: "").value == 3)
                }
            }
        }
    }

    @Test func theRelayMeasuresWhatWaits() async throws {
        try await withTestBroker { server in
            try await withOutbox { database in
                let metrics = MetricsRegistry()
                let cutOff = try AMQPBroker(url: server.url, application: "tests")
                _ = try await write((1...3).map { try OutboxEntry(Greet("\($0)")) }, to: database)
                try await age(database)
                let relay = OutboxRelay(database: database, publisher: cutOff, metrics: metrics)
                try await running(relay) {
                    try await eventually("the rows are counted") { metrics.gauge("outbox_rows", help: "").value == 3 }
                    #expect(metrics.gauge("outbox_oldest_age_seconds", help: "").value >= 60)
                }
            }
        }
    }

    @Test func theRolesMayDoWhatTheyHaveToAndNoMore() async throws {
        try await withOutbox { database in
            func asRole(_ role: String, _ query: PostgresQuery) async throws {
                try await database.primary.transaction { transaction in
                    transaction.enqueue("SET LOCAL ROLE \(unsafeSQL: role)")
                    try await transaction.query(query)
                }
            }
            for role in ["wharf_api", "wharf_worker"] {
                let entry = try OutboxEntry(Greet("hello"))
                try await asRole(role, OutboxStore.insert([entry]))
                try await asRole(role, OutboxStore.claim(limit: 1))
                try await asRole(role, OutboxStore.flushedLSN)
                try await asRole(role, OutboxStore.fail([OutboxFailure(id: entry.envelope.id, error: "x")], .none))
                try await asRole(role, OutboxStore.delete([entry.envelope.id], .none))
            }
            try await asRole("wharf_worker", Inbox.record("m", by: "h"))
            await #expect(throws: PostgresError.self) { try await asRole("wharf_api", Inbox.record("m", by: "h")) }
        }
    }

    @Test func theInboxKnowsAJobByItsHandlerAndId() async throws {
        try await withOutbox { database in
            var isNew: [Bool] = []
            for handler in ["a", "a", "b"] {
                isNew.append(try await database.primary.query(Inbox.record("m", by: handler)).affectedRows == 1)
            }
            #expect(isNew == [true, false, true])
        }
    }
}
