package import Database
package import Jobs
import Lifecycle
import Observability
import Postgres
import Threading

/// Publishes what follows from a job, before that job is acked.
///
/// It needs no row in the outbox, since the message of the job that causes it is kept by the broker until its handler is
/// done: killed before the confirm, the job comes again, finds its effect, and publishes what follows from it once more,
/// under the same id (``JobContext/followUp(_:lane:)``). The outbox is for those who have no message of their own.
///
/// The jobs of handlers that run beside each other travel together: while one batch is on its way, the next one gathers.
package final class FollowUpPublisher: Sendable {
    private struct Waiting: Sendable {
        let envelope: JobEnvelope
        let waiter: CheckedContinuation<JobPublishError?, Never>
    }

    private struct State: Sendable {
        var waiting: [Waiting] = []
        var isPublishing = false
    }

    private let primary: PostgresPool
    private let publisher: any JobPublisher
    private let state = Lock(State())

    package init(database: Database, publisher: any JobPublisher) {
        primary = database.primary
        self.publisher = publisher
    }

    /// Call it behind the commit of what the job follows from. Returns when the broker keeps the job; it does not heed
    /// cancellation, since a message cannot be taken back.
    ///
    /// - Throws: why the broker may not have it. Thrown on by the handler, its own job comes again later.
    package func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {
        Failpoint.hit(.jobAfterCommit)
        let error = await withCheckedContinuation { waiter in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiting(envelope: envelope, waiter: waiter))
                defer { state.isPublishing = true }
                return !state.isPublishing
            }
            // Detached: it works for others too, and their lines must not carry this job's id.
            if isFirst { Task.detached { await self.publishWaiting() } }
        }
        if let error { throw error }
    }

    private func publishWaiting() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(OutboxDelivery.batchSize))
                state.waiting.removeFirst(batch.count)
                state.isPublishing = !batch.isEmpty
                return batch
            }
            if batch.isEmpty { return }
            let lsn = await position()
            let answers = await publisher.publish(
                batch.map { one in
                    var envelope = one.envelope
                    envelope.lsn = lsn
                    return envelope
                }
            )
            for (one, error) in zip(batch, answers) { one.waiter.resume(returning: error) }
        }
    }

    /// Behind the commits of a whole batch. Without it, a worker reads from the primary.
    private func position() async -> String? {
        try? await primary.query(OutboxStore.flushedLSN).first?.decode(0, as: PostgresLSN.self).description
    }
}
