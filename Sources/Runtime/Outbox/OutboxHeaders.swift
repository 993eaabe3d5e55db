import Foundation
import Jobs

/// What a row keeps in its `headers` column: the message's headers; the correlation id, which is a property of the
/// message; and when the job is due, where its id does not tell.
enum OutboxHeaders {
    private static let correlationID = "correlation_id"
    /// Milliseconds since 1970.
    private static let dueAt = "due_at"
    /// Of a postponed job: the queue that it returns to, past the exchange. The rows of no other jobs have it.
    static let queue = "x-wharf-return-queue"

    static func encode(_ envelope: JobEnvelope) -> String {
        var text = "{"
        func append(_ name: String, _ value: String) {
            if text.utf8.count > 1 { text += "," }
            text.appendJSON(name)
            text += ":"
            text.appendJSON(value)
        }
        for (name, value) in envelope.messageHeaders { append(name, value) }
        if let correlationID = envelope.correlationID { append(Self.correlationID, correlationID) }
        if envelope.enqueuedAt != UUIDv7(envelope.id)?.timestamp {
            append(dueAt, String(Int64((envelope.enqueuedAt.timeIntervalSince1970 * 1_000).rounded())))
        }
        return text + "}"
    }

    /// - Parameter createdAt: the row's, for one that was written by other means than ``encode(_:)``.
    static func decode(_ json: String, id: String, name: String, body: [UInt8], createdAt: Date) -> JobEnvelope {
        var headers = (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
        let correlationID = headers.removeValue(forKey: correlationID)
        let due = headers.removeValue(forKey: dueAt).flatMap(Double.init)
        var envelope = JobEnvelope(
            messageID: id,
            type: name,
            body: body,
            timestamp: nil,
            routingKey: name,
            correlationID: correlationID,
            messageHeaders: headers
        )
        envelope.enqueuedAt =
            due.map { Date(timeIntervalSince1970: $0 / 1_000) } ?? UUIDv7(id)?.timestamp ?? createdAt
        return envelope
    }
}

extension String {
    /// Appends a JSON string (RFC 8259 §7). By hand, since Foundation's encoder costs more than all else about a row.
    fileprivate mutating func appendJSON(_ text: String) {
        self += "\""
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            self += text
        } else {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\": self += "\\\(scalar)"
                case "\0"..<" ": self += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                default: unicodeScalars.append(scalar)
                }
            }
        }
        self += "\""
    }
}
