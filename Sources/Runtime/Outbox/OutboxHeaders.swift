import Foundation
import Jobs

/// What a row keeps in its `headers` column: the message's headers, and the correlation id, which is a property of the
/// message.
enum OutboxHeaders {
    private static let correlationID = "correlation_id"

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
        return text + "}"
    }

    static func decode(_ json: String, id: String, name: String, body: [UInt8], enqueuedAt: Date) -> JobEnvelope {
        var headers = (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
        let correlationID = headers.removeValue(forKey: correlationID)
        var envelope = JobEnvelope(
            messageID: id,
            type: name,
            body: body,
            timestamp: nil,
            routingKey: name,
            correlationID: correlationID,
            messageHeaders: headers
        )
        envelope.enqueuedAt = enqueuedAt
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
