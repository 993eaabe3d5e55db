import Foundation
import Jobs

/// What a row keeps in its `headers` column: the message's headers, and the correlation id, which is a property of the
/// message.
enum OutboxHeaders {
    private static let correlationID = "correlation_id"

    static func encode(_ envelope: JobEnvelope) -> String {
        var all = envelope.messageHeaders
        all[correlationID] = envelope.correlationID
        // A dictionary of strings cannot fail to encode; were it to, the row would still hold the job itself.
        let json = try? JSONEncoder().encode(all)
        return json.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
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
