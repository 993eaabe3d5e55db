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
        var start = OutboxStore.beginning
        while !Task.isCancelled {
            let isTimeToLook = nextLook <= .now
            if isTimeToLook { (nextLook, start) = (.now + pollInterval, OutboxStore.beginning) }
            // In a task of its own: cancelled between confirm and delete, rows would be published twice for nothing.
            let next = await Task { [start] in await self.round(measures: isTimeToLook, from: start) }.value
            start = next ?? OutboxStore.beginning
            if next == nil { try? await Task.sleep(for: pollInterval) }
        }
    }

    /// - Returns: where the next round begins, if it should follow at once.
    private func round(measures: Bool, from start: String) async -> String? {
        do {
            if measures { try await measure() }
            return try await relayBatch(from: start)
        } catch {
            logger.warning("Outbox cannot be relayed; trying again", [.error: .describing(error)])
            return nil
        }
    }

    /// Publishes one batch of due rows.
    ///
    /// - Parameter start: rows that were due before it are left for another time. A backlog is worked off in the order of
    ///   its index, and what was deleted stays at the index's front while any old snapshot could still see it: read from
    ///   there each time, a batch beside a long transaction takes longer and longer. What comes in behind the start, or was
    ///   skipped because another relay had it, is found by the look from the beginning each second.
    /// - Returns: when its last row was due, if it was full and the broker took all of it.
    @discardableResult
    func relayBatch(from start: String = OutboxStore.beginning) async throws -> String? {
        try await primary.transaction { transaction in
            let answers = try await transaction.pipeline([
                OutboxStore.claim(limit: OutboxDelivery.batchSize, from: start), OutboxStore.flushedLSN,
            ])
            guard let lsn = try answers[1].first?.decode(0, as: PostgresLSN.self) else { return nil }
            let batch = try answers[0].map { row in
                var envelope = try OutboxStore.envelope(row)
                envelope.lsn = lsn.description
                return envelope
            }
            guard let last = answers[0].last else { return nil }
            Failpoint.hit(.relayAfterClaim)
            let result = await delivery.publish(batch)
            for query in result.queries(.lock) { transaction.enqueue(query) }
            if !result.confirmed.isEmpty {
                logger.info("Outbox rows relayed", [.count: .int(result.confirmed.count)])
            }
            return result.confirmed.count == OutboxDelivery.batchSize ? try last.decode(5, as: String.self) : nil
        }
    }

    private func measure() async throws {
        guard let row = try await primary.query(OutboxStore.due(limit: Self.countLimit)).first else { return }
        rows.set(try row.decode(0, as: Int.self))
        oldestAge.set(try row.decode(1, as: Double.self))
    }

    private static let countLimit = 10_000
}
