public import Foundation

/// How JSON looks on the wire: RFC 3339 times in UTC without fractions, slashes as they are.
///
/// Keys are what a type's `CodingKeys` say, in `snake_case`. They are not derived from property names: the derivation is
/// not reversible (`variantID` becomes `variant_id`, which becomes `variantId`), and it is paid for with every key.
public enum JSONCoding {
    /// Writes bodies of answers.
    public static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        // Sorted, or Foundation writes the keys in another order in every process.
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    /// Reads bodies of requests.
    public static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        // Foundation's own strategy forgets the field's path when it fails.
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if let date = time(text) { return date }
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "must be a time such as 2024-05-01T12:00:00Z"
            )
        }
        return decoder
    }()

    /// A time as requests write it, with or without fractions of a second; `nil` for what is none.
    public static func time(_ text: String) -> Date? { RFC3339.date(text) }
}
