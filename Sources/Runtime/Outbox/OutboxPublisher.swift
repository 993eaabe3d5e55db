package import Database
package import Jobs
import Lifecycle
package import Observability
package import Postgres
import Threading

/// Publishes what this process has just committed.
///
/// It is only the fast way: whatever it does not get confirmed stays in the table, where the relay finds it.
package final class OutboxPublisher: Service {
    private struct State {
        var waiting: [JobEnvelope] = []
        var isOver = false
    }

    private let state = Lock(State())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation
    private let delivery: OutboxDelivery
    private let primary: PostgresPool
    private let backlog: Int
    private let metrics: OutboxMetrics
    private let logger = Logger(label: "outbox.publisher")

    /// - Parameters:
    ///   - backlog: entries that may wait here; what comes beyond is the relay's.
    package init(
        database: Database,
        publisher: any JobPublisher,
        backlog: Int = 10_000,
        metrics: MetricsRegistry = .shared
    ) {
        primary = database.primary
        self.backlog = backlog
        self.metrics = OutboxMetrics(metrics)
        delivery = OutboxDelivery(publisher: publisher, metrics: self.metrics)
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes entries whose transaction has committed. Never blocks.
    ///
    /// - Parameter lsn: behind the commit; workers read no replica older than this. Without it, the publisher asks for one
    ///   that serves all jobs it publishes together.
    package func submit(_ entries: [OutboxEntry], lsn: PostgresLSN? = nil) {
        Failpoint.hit(.outboxAfterCommit)
        // Whether an entry with a key was written is not known here: the relay takes it if it was.
        let envelopes = entries.filter { $0.availableAt == nil && $0.key == nil }.map { entry in
            var envelope = entry.envelope
            envelope.lsn = lsn?.description
            return envelope
        }
        let overflow = state.withLock { state in
            guard !state.isOver else { return envelopes.count }
            let taken = envelopes.prefix(max(0, backlog - state.waiting.count))
            state.waiting += taken
            return envelopes.count - taken.count
        }
        metrics.overflow.increment(by: overflow)
        wakeup.yield()
    }

    /// Publishes until cancelled, then what is still waiting, once.
    package func run() async throws {
        for await _ in wakeups { await shielded { await self.publishWaiting() } }
        state.withLock { $0.isOver = true }
        await shielded { await self.publishWaiting() }
    }

    /// In a task of its own: a shutdown must not cut off a confirm or the delete that follows it.
    private func shielded(_ work: @escaping @Sendable () async -> Void) async { await Task { await work() }.value }

    /// Publishes in batches of what has gathered while the last batch was on its way. Between two of them is one round trip
    /// to the database, which settles the last one and asks where the log stands for the next.
    private func publishWaiting() async {
        var settling: [PostgresQuery] = []
        while true {
            var batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(OutboxDelivery.batchSize))
                state.waiting.removeFirst(batch.count)
                return batch
            }
            let needsLSN = batch.contains { $0.lsn == nil }
            let queries = settling + (needsLSN ? [OutboxStore.flushedLSN] : [])
            settling = []
            do {
                let answers = queries.isEmpty ? [] : try await primary.pipeline(queries)
                if needsLSN {
                    let lsn = try answers.last?.first?.decode(0, as: PostgresLSN.self).description
                    for index in batch.indices { batch[index].lsn = batch[index].lsn ?? lsn }
                }
            } catch {
                // The rows are still there: the relay publishes them (again), under the same ids.
                logger.warning(
                    "Outbox rows could not be settled; the relay will publish them again",
                    [.count: .int(batch.count), .error: .describing(error)]
                )
                if needsLSN { continue }
            }
            if batch.isEmpty { return }
            settling = await delivery.publish(batch).queries(.none)
        }
    }
}
