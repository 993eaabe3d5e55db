package import Foundation
package import Jobs
package import Observability

/// A job to be written in the transaction whose consequence it is.
package struct OutboxEntry: Sendable {
    /// Its id is the row's, and stays the message's id however often it is published.
    package let envelope: JobEnvelope
    /// `nil`: at once. A later time keeps it in the outbox until then.
    package let availableAt: Date?
    /// `nil` once the key is taken: see ``OutboxStore/add(_:to:)``.
    package private(set) var key: JobKey?

    /// - Parameters:
    ///   - lane: `nil`: the job's routing key is its name.
    ///   - unique: with the key of a job that is on its way, this one is not written.
    ///   - availableAt: at most ``JobDelay/longest`` ahead. A time that has passed means at once.
    /// - Throws: `EncodingError` for a payload that JSON cannot hold, ``OutboxEntryError``.
    package init<Payload: Job>(
        _ job: Payload,
        lane: JobLane? = nil,
        unique: JobKey? = nil,
        idempotencyKey: String? = nil,
        correlationID: String? = nil,
        trace: TraceContext? = .current,
        availableAt: Date? = nil
    ) throws {
        let envelope = try JobEnvelope(
            job,
            enqueuedAt: availableAt,
            lane: lane,
            correlationID: correlationID,
            idempotencyKey: idempotencyKey,
            trace: trace
        )
        try self.init(envelope, unique: unique, availableAt: availableAt)
    }

    /// A job that only its name and body are known of. Its id has to be a UUID.
    ///
    /// - Throws: ``OutboxEntryError``.
    package init(
        _ envelope: JobEnvelope,
        unique: JobKey? = nil,
        availableAt: Date? = nil
    ) throws(OutboxEntryError) {
        if let availableAt, !(availableAt.timeIntervalSinceNow <= JobDelay.longest / .seconds(1)) {
            throw .tooFarAhead(job: envelope.name, seconds: availableAt.timeIntervalSinceNow)
        }
        if let unique {
            guard unique.name.utf8.count <= 1_000, (.seconds(1)...JobDelay.longest).contains(unique.window) else {
                throw .badKey(job: envelope.name, unique)
            }
        }
        self.envelope = envelope
        self.availableAt = availableAt
        key = unique
    }

    /// The same job, with its key taken.
    var written: OutboxEntry {
        var entry = self
        entry.key = nil
        return entry
    }
}

/// Why a job cannot be enqueued.
package enum OutboxEntryError: Error, Equatable, CustomStringConvertible {
    case tooFarAhead(job: String, seconds: Double)
    case badKey(job: String, JobKey)

    package var description: String {
        switch self {
        case .tooFarAhead(let job, let seconds):
            "\(job): a job may be put off by at most 30 days, not by \(seconds) s"
        case .badKey(let job, let key):
            "\(job): a key has at most 1,000 bytes and a window from 1 s to 30 days, "
                + "not \(key.name.utf8.count) bytes and \(key.window)"
        }
    }
}
