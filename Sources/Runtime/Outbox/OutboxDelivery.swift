import Jobs
import Lifecycle
import Observability
import Postgres
import Threading

/// Publishes a batch with all its confirms in flight at once, and says which rows may go.
struct OutboxDelivery: Sendable {
    /// Enough in flight to hide the confirm's round trip, and one delete for all of them.
    static let batchSize = 512

    let publisher: any JobPublisher
    let metrics: OutboxMetrics
    private let isCutOff = Lock(false)
    private let logger = Logger(label: "outbox")

    init(publisher: any JobPublisher, metrics: OutboxMetrics) {
        self.publisher = publisher
        self.metrics = metrics
    }

    struct Result: Equatable, Sendable {
        var confirmed: [String] = []
        var failed: [OutboxFailure] = []
        /// Jobs that a broker out of reach could not be asked about: their rows stay as they are.
        var unavailable = 0

        /// What the table has to be told.
        func queries(_ hold: OutboxHold) -> [PostgresQuery] {
            (confirmed.isEmpty ? [] : [OutboxStore.delete(confirmed, hold)])
                + (failed.isEmpty ? [] : [OutboxStore.fail(failed, hold)])
        }
    }

    func publish(_ batch: [JobEnvelope]) async -> Result {
        let postponed = batch.filter { $0.headers[OutboxHeaders.queue] != nil }
        let others = postponed.isEmpty ? batch : batch.filter { $0.headers[OutboxHeaders.queue] == nil }
        let answers = await publisher.publish(others)
        var result = Result()
        for (envelope, error) in zip(others, answers) { record(envelope, error, in: &result) }
        for (envelope, error) in await giveBack(postponed) { record(envelope, error, in: &result) }
        metrics.published.increment(by: result.confirmed.count)
        noteReach(of: result)
        if !result.confirmed.isEmpty { Failpoint.hit(.outboxAfterConfirm) }
        return result
    }

    /// Postponed jobs return to the queue that they came from, and to no other that their routing key leads to.
    private func giveBack(_ postponed: [JobEnvelope]) async -> [(JobEnvelope, JobPublishError?)] {
        await withTaskGroup(of: (JobEnvelope, JobPublishError?).self) { group in
            for kept in postponed {
                group.addTask {
                    var envelope = kept
                    let queue = envelope.headers.removeValue(forKey: OutboxHeaders.queue) ?? ""
                    do throws(JobPublishError) {
                        try await publisher.send(envelope, toQueue: queue)
                        return (envelope, nil)
                    } catch {
                        return (envelope, error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Says when the broker goes out of reach and when it is back, not at each batch between the two.
    private func noteReach(of result: Result) {
        let isNowCutOff = result.unavailable > 0
        guard isNowCutOff || !result.confirmed.isEmpty else { return }
        let wasCutOff = isCutOff.withLock { was in
            defer { was = isNowCutOff }
            return was
        }
        if isNowCutOff, !wasCutOff { logger.warning("Broker is out of reach; jobs wait in the outbox") }
        if !isNowCutOff, wasCutOff { logger.notice("Broker takes jobs again") }
    }

    private func record(_ envelope: JobEnvelope, _ error: JobPublishError?, in result: inout Result) {
        guard let error else { return result.confirmed.append(envelope.id) }
        metrics.countFailure(error.code)
        let fields: [LogKey: LogValue] = [
            .jobID: .string(envelope.id), .jobName: .string(envelope.name), .error: .describing(error),
        ]
        switch error.code {
        case .unavailable:
            result.unavailable += 1
        case .unroutable:
            logger.error("No queue takes this job: run `wharf queues apply`", fields)
            result.failed.append(OutboxFailure(id: envelope.id, error: error.description))
        case .nacked:
            logger.warning("Broker refused a job; it stays in the outbox", fields)
            result.failed.append(OutboxFailure(id: envelope.id, error: error.description))
        }
    }
}
