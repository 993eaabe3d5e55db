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

/// Jobs for later: enqueued so, or put off by their handler.
@Suite struct DelayedJobTests {
    private func queue(_ name: String = "q") throws -> QueueDefinition {
        try QueueDefinition(name: name, bindings: ["test.greet"], retry: .init(rungsSeconds: [1], attempts: 3))
    }

    private func drain(_ queue: String, of server: TestBroker) async throws -> [AMQPDelivery] {
        let session = try await server.session()
        var deliveries: [AMQPDelivery] = []
        while let delivery = try await session.get(queue, acknowledges: true) { deliveries.append(delivery) }
        await session.close()
        return deliveries
    }

    private func relay(_ database: Database, _ broker: AMQPBroker) -> OutboxRelay {
        OutboxRelay(database: database, publisher: broker, metrics: MetricsRegistry())
    }

    private func makeDue(_ database: Database) async throws {
        try await database.primary.query("UPDATE outbox SET available_at = now() - interval '1 second'")
    }

    @Test func jobsComeOnceWhenTheyAreDueWhoeverRelaysThem() async throws {
        try await withTestBroker { server in
            try await TestDatabase.asWorker { database in
                try await server.withJobs(Topology([queue()])) { broker in
                    let due = Date(timeIntervalSinceNow: 2)
                    let soon = try (1...200).map { try OutboxEntry(Greet("\($0)"), availableAt: due) }
                    let far = try OutboxEntry(Greet("far"), availableAt: Date(timeIntervalSinceNow: 86_400 * 29.9))
                    _ = try await database.write { transaction in
                        _ = try await OutboxStore.add(soon + [far], to: transaction)
                    }
                    let relays = (1...3).map { _ in Task { try await relay(database, broker).run() } }
                    try await eventually("what is due is published") {
                        try await database.count("SELECT count(*) FROM outbox") == 1
                    }
                    #expect(Date() >= due)
                    for relay in relays { relay.cancel() }
                    for relay in relays { _ = await relay.result }
                    let deliveries = try await drain("q", of: server)
                    #expect(deliveries.count == 200)
                    #expect(Set(deliveries.compactMap(\.message.properties.messageID)) == Set(soon.map(\.envelope.id)))
                    // A worker's waits count from then, in whole seconds.
                    let stamps = Set(deliveries.map { $0.message.properties.timestamp?.timeIntervalSince1970 })
                    #expect(stamps == [due.timeIntervalSince1970.rounded(.down)])
                }
            }
        }
    }

    @Test func aRefusalDoesNotChangeWhenAJobWasDue() async throws {
        try await withTestBroker { server in
            try await TestDatabase.asWorker { database in
                try await server.withJobs(Topology([queue()])) { broker in
                    let due = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 - 60).rounded(.down))
                    let entry = try OutboxEntry(Greet("refused"), availableAt: due)
                    try await database.primary.query(OutboxStore.insert([entry]))
                    try await database.primary.query(
                        OutboxStore.fail([OutboxFailure(id: entry.envelope.id, error: "unroutable")], .lock)
                    )
                    try await makeDue(database)
                    try await relay(database, broker).relayBatch()
                    #expect(try await drain("q", of: server).first?.message.properties.timestamp == due)
                }
            }
        }
    }

    /// The connection breaks when the row is committed and the delivery not yet acked, which is what a killed worker
    /// leaves behind too.
    @Test func aLongSnoozeSurvivesACutBeforeItsAckAndStaysOneJob() async throws {
        struct CuttingPostponer: JobPostponer {
            let real: OutboxPostponer
            let proxy: TCPProxy
            let calls: Mailbox<JobEnvelope>
            let cuts: Countdown

            func postpone(_ envelope: JobEnvelope, until due: Date, queue: String) async throws {
                try await real.postpone(envelope, until: due, queue: queue)
                if cuts.tick() { proxy.cut() }
                calls.put(envelope)
            }
        }
        try await withTestBroker { server in
            try await TestDatabase.asWorker { database in
                try await server.withJobs(Topology([queue(), queue("other")])) { broker in
                    let proxy = try TCPProxy(to: server.port)
                    let url = server.url.replacingOccurrences(of: ":\(server.port)/", with: ":\(proxy.port)/")
                    let consuming = try AMQPBroker(url: url, application: "tests", metrics: MetricsRegistry())
                    let publishing = Task { try await consuming.run() }
                    let postponer = CuttingPostponer(
                        real: OutboxPostponer(database: database),
                        proxy: proxy,
                        calls: Mailbox(),
                        cuts: Countdown(1)
                    )
                    let worker = Worker(
                        queue: try queue(),
                        broker: consuming,
                        handlers: [Snoozer()],
                        postponer: postponer,
                        metrics: MetricsRegistry()
                    )
                    let working = Task { try await worker.run() }
                    let envelope = try JobEnvelope(Greet("later"), correlationID: "c", headers: ["x-mine": "1"])
                    try await broker.publish(envelope)
                    _ = try await postponer.calls.next()
                    #expect(try await database.count("SELECT count(*) FROM outbox") == 1)
                    try proxy.restore()
                    #expect(try await postponer.calls.next().id == envelope.id)
                    try await eventually("the delivery is acked") { try await depth("q", server) == 0 }
                    for task in [publishing, working] {
                        task.cancel()
                        _ = await task.result
                    }
                    #expect(
                        try await database.count(
                            "SELECT count(*) FROM outbox WHERE available_at > now() + interval '23 h'"
                        )
                            == 1
                    )
                    _ = try await drain("other", of: server)
                    try await makeDue(database)
                    try await relay(database, broker).relayBatch()
                    #expect(try await database.count("SELECT count(*) FROM outbox") == 0)
                    let returned = try await drain("q", of: server)
                    #expect(returned.map(\.message.properties.messageID) == [envelope.id])
                    #expect(returned.first?.message.properties.correlationID == "c")
                    #expect(returned.first?.message.properties.headers["x-mine"] == "1")
                    #expect(returned.first?.message.properties.headers["x-wharf-return-queue"] == nil)
                    // It was this queue's snooze, and no business of the other one.
                    #expect(try await drain("other", of: server).isEmpty)
                }
            }
        }
    }

    private func depth(_ queue: String, _ server: TestBroker) async throws -> Int {
        struct Depth: Decodable { let messages: Int? }
        let json = try server.manage("GET", "/api/queues/\(server.virtualHost)/\(queue)")
        return try JSONDecoder().decode(Depth.self, from: Data(json.utf8)).messages ?? -1
    }

    private struct Snoozer: JobHandler {
        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome { .snooze(for: .seconds(86_400)) }
    }

    @Test func thePublisherOfAJobDoesNotDeleteWhatItWasPostponedTo() async throws {
        try await TestDatabase.asWorker { database in
            let entry = try OutboxEntry(Greet("quick"))
            let postponer = OutboxPostponer(database: database)
            try await database.primary.query(OutboxStore.insert([entry]))
            // Published, run and postponed, before its publisher has taken note of the confirm.
            let due = Date(timeIntervalSinceNow: 3_600)
            try await postponer.postpone(entry.envelope, until: due, queue: "q")
            try await database.primary.query(OutboxStore.delete([entry.envelope.id], .none))
            try await database.primary.query(
                OutboxStore.fail([OutboxFailure(id: entry.envelope.id, error: "x")], .none)
            )
            #expect(try await database.count("SELECT count(*) FROM outbox WHERE attempts = 0") == 1)
            // A copy that has run further stands; one that has run as far is put off again.
            var further = entry.envelope
            further.attempt = 3
            try await postponer.postpone(further, until: due, queue: "q")
            try await postponer.postpone(entry.envelope, until: due + 60, queue: "q")
            let row = try await database.primary.query(
                "SELECT headers ->> 'x-wharf-attempt', available_at FROM outbox"
            )[0]
            let attempt = try row.decode(0, as: String.self)
            let availableAt = try row.decode(1, as: Date.self)
            #expect(attempt == "3")
            #expect(abs(availableAt.timeIntervalSince(due)) < 0.001)
            try await database.primary.query(OutboxStore.delete([entry.envelope.id], .lock))
            #expect(try await database.count("SELECT count(*) FROM outbox") == 0)
        }
    }
}
