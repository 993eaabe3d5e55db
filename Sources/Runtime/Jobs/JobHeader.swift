public import Foundation

/// The names of message headers. Those of a dead letter stand in ``DeadLetter``.
public enum JobHeader {
    /// W3C Trace Context of who published the job.
    public static let traceparent = "traceparent"
    /// See ``JobContext/lsn``.
    public static let lsn = "x-wharf-lsn"
    /// The number of the run that the message asks for, from 1.
    public static let attempt = "x-wharf-attempt"
    /// ``Job/version`` of the payload.
    public static let version = "x-wharf-version"
    /// See ``JobEnvelope/idempotencyKey``.
    public static let idempotencyKey = "x-wharf-idempotency-key"
    /// When a run failed first, in RFC 3339 to the millisecond.
    public static let firstFailureAt = "x-wharf-first-failure-at"
    /// Whole seconds that a run of the job may take, instead of what the queue's file says.
    public static let deadlineSeconds = "x-wharf-deadline-seconds"
    /// How often earlier messages of the job were handed out and came back unsettled. A worker that gives a job back
    /// publishes it anew, where the broker starts to count from none.
    static let earlierDeliveries = "x-wharf-earlier-deliveries"
    /// A message that went through a rung comes back with its queue's name as routing key; this is the one it had.
    public static let originalRoutingKey = "x-wharf-original-routing-key"
    /// How often the job was brought back from the dead letters; a job without it never was.
    public static let replays = "x-wharf-replays"

    /// What a broker adds by itself. Copied into a message published anew, an `x-death` makes RabbitMQ's cycle detection
    /// drop it, and a delivery count would accuse the new message of the old one's deliveries.
    static func isBrokers(_ name: String) -> Bool {
        name == "x-death" || name.hasPrefix("x-first-death-") || name.hasPrefix("x-last-death-")
            || name == "x-delivery-count"
    }
}

extension JobEnvelope {
    /// Everything that travels in headers, for an adapter to write.
    public var messageHeaders: [String: String] {
        var all = headers
        all[JobHeader.attempt] = String(attempt)
        all[JobHeader.version] = String(version)
        all[JobHeader.traceparent] = traceparent
        all[JobHeader.lsn] = lsn
        all[JobHeader.idempotencyKey] = idempotencyKey
        all[JobHeader.firstFailureAt] = firstFailureAt.map(Timestamp.format)
        if routingKey != name { all[JobHeader.originalRoutingKey] = routingKey }
        return all
    }

    /// Reads a message of whatever quality: what is missing or malformed gets a value that lets it travel on to the dead
    /// letters. The broker's own headers are left out.
    ///
    /// - Parameters:
    ///   - timestamp: of the message's properties, in whole seconds.
    ///   - routingKey: that the message was delivered with.
    public init(
        messageID: String?,
        type: String?,
        body: [UInt8],
        timestamp: Date?,
        routingKey: String,
        correlationID: String?,
        messageHeaders: [String: String]
    ) {
        var rest = messageHeaders.filter { !JobHeader.isBrokers($0.key) }
        func take(_ header: String) -> String? { rest.removeValue(forKey: header) }
        let originalKey = take(JobHeader.originalRoutingKey)
        let id = messageID ?? UUIDv7().description
        self.init(
            id: id,
            name: type ?? originalKey ?? routingKey,
            body: body,
            version: take(JobHeader.version).flatMap { Int($0) } ?? 1,
            attempt: max(1, take(JobHeader.attempt).flatMap { Int($0) } ?? 1),
            enqueuedAt: Self.enqueuedAt(timestamp: timestamp, id: id),
            routingKey: originalKey ?? type ?? routingKey,
            correlationID: correlationID,
            idempotencyKey: take(JobHeader.idempotencyKey),
            traceparent: take(JobHeader.traceparent),
            lsn: take(JobHeader.lsn),
            firstFailureAt: take(JobHeader.firstFailureAt).flatMap(Timestamp.parse),
            headers: rest
        )
    }

    /// The message's timestamp has whole seconds; an id that was made in that second has the milliseconds.
    private static func enqueuedAt(timestamp: Date?, id: String) -> Date {
        guard let timestamp else { return UUIDv7(id)?.timestamp ?? Date() }
        guard let made = UUIDv7(id)?.timestamp else { return timestamp }
        let isSameSecond = made.timeIntervalSince1970.rounded(.down) == timestamp.timeIntervalSince1970
        return isSameSecond ? made : timestamp
    }
}

/// Times in headers: RFC 3339, UTC, to the millisecond.
enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func format(_ date: Date) -> String { style.format(date) }
    static func parse(_ text: String) -> Date? { try? style.parse(text) }
}
