import Foundation

/// The one JSON of job bodies: keys as the payload spells them, dates in ISO 8601.
enum JobCoding {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        // Sorted: the same job has the same bytes, which its id may depend on.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return encoder
    }()

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()

    static func encode(_ job: some Job) throws -> [UInt8] { Array(try encoder.encode(job)) }

    static func decode<Payload: Job>(_ type: Payload.Type, from body: [UInt8]) throws -> Payload {
        try decoder.decode(type, from: Data(body))
    }

    /// An error's one line for a dead letter: where in the body, and what was wrong there.
    static func describe(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return String(describing: error) }
        func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + [key].compactMap(\.self)).map {
                $0.intValue.map(String.init) ?? $0.stringValue
            }
            return path.isEmpty ? "the body" : path.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(place(context, key)) is missing"
        case .valueNotFound(_, let context): return "\(place(context)) is null"
        case .typeMismatch(let type, let context): return "\(place(context)) is no \(type)"
        case .dataCorrupted(let context) where context.codingPath.isEmpty: return "the body is not valid JSON"
        case .dataCorrupted(let context): return "\(place(context)): \(context.debugDescription)"
        @unknown default: return String(describing: error)
        }
    }
}
