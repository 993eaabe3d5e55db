package import Foundation
package import Jobs
package import Observability

/// A job to be written in the transaction whose consequence it is.
package struct OutboxEntry: Sendable {
    /// Its id is the row's, and stays the message's id however often it is published.
    package let envelope: JobEnvelope
    /// `nil`: at once. A later time keeps it in the outbox until then.
    package let availableAt: Date?

    /// - Parameter lane: `nil`: the job's routing key is its name.
    /// - Throws: `EncodingError` for a payload that JSON cannot hold.
    package init(
        _ job: some Job,
        lane: JobLane? = nil,
        idempotencyKey: String? = nil,
        correlationID: String? = nil,
        trace: TraceContext? = .current,
        availableAt: Date? = nil
    ) throws {
        envelope = try JobEnvelope(
            job,
            enqueuedAt: availableAt,
            lane: lane,
            correlationID: correlationID,
            idempotencyKey: idempotencyKey,
            trace: trace
        )
        self.availableAt = availableAt
    }
}
