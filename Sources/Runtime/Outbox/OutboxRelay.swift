package import Database
package import Jobs
import Lifecycle
package import Observability
import Postgres

/// Publishes what its writers did not: rows of a process that was killed, of a time when the broker was down, and rows
/// whose time has come.
///
/// A batch is claimed, published and deleted within one transaction, so the claim needs no column, no lease and no
/// clean-up: a killed relay's locks vanish with its connection. The transaction lives no longer than a confirm may take.
/// Any number of relays share the work, since each skips rows that another has locked.
package final class OutboxRelay: Service {
    private let primary: PostgresPool
    private let delivery: OutboxDelivery
    private let pollInterval: Duration
    private let rows: Gauge
    private let oldestAge: Gauge
    private let logger = Logger(label: "outbox.relay")

    package init(
        database: Database,
        publisher: any JobPublisher,
        pollInterval: Duration = .seconds(1),
        metrics: MetricsRegistry = .shared
    ) {
        primary = database.primary
        self.pollInterval = pollInterval
        delivery = OutboxDelivery(publisher: publisher, metrics: OutboxMetrics(metrics))
        rows = metrics.gauge("outbox_rows", help: "Outbox rows that are due, counted up to \(Self.countLimit).")
        oldestAge = metrics.gauge("outbox_oldest_age_seconds", help: "How long the oldest due outbox row has waited.")
    }

    /// Relays until cancelled; a batch that has begun is finished.
    package func run() async throws {
        var nextLook = ContinuousClock.now
        while !Task.isCancelled {
            let isTimeToLook = nextLook <= .now
            if isTimeToLook { nextLook = .now + pollInterval }
            // In a task of its own: cancelled between confirm and delete, rows would be published twice for nothing.
            let mayHaveMore = await Task { await self.round(measures: isTimeToLook) }.value
            if !mayHaveMore { try? await Task.sleep(for: pollInterval) }
        }
    }

    /// - Returns: whether the next round should follow at once.
    private func round(measures: Bool) async -> Bool {
        do {
            if measures { try await measure() }
            return try await relayBatch()
        } catch {
            logger.warning("Outbox cannot be relayed; trying again", [.error: .describing(error)])
            return false
        }
    }

    /// Publishes one batch of due rows.
    ///
    /// - Returns: whether it was full and the broker took all of it.
    func relayBatch() async throws -> Bool {
        try await primary.transaction { transaction in
            let answers = try await transaction.pipeline([
                OutboxStore.claim(limit: OutboxDelivery.batchSize), OutboxStore.flushedLSN,
            ])
            guard let lsn = try answers[1].first?.decode(0, as: PostgresLSN.self) else { return false }
            let batch = try answers[0].map { row in
                var envelope = try OutboxStore.envelope(row)
                envelope.lsn = lsn.description
                return envelope
            }
            if batch.isEmpty { return false }
            Failpoint.hit(.relayAfterClaim)
            let result = await delivery.publish(batch)
            for query in result.queries(.lock) { transaction.enqueue(query) }
            if !result.confirmed.isEmpty {
                logger.info("Outbox rows relayed", [.count: .int(result.confirmed.count)])
            }
            return result.confirmed.count == OutboxDelivery.batchSize
        }
    }

    private func measure() async throws {
        guard let row = try await primary.query(OutboxStore.due(limit: Self.countLimit)).first else { return }
        rows.set(try row.decode(0, as: Int.self))
        oldestAge.set(try row.decode(1, as: Double.self))
    }

    private static let countLimit = 10_000
}
