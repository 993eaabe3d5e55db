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
        // Foundation's own strategy forgets the field's path when it fails, and takes no fractions.
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            if let date = try? Date(text, strategy: .iso8601) { return date }
            if let date = try? Date(text, strategy: fractional) { return date }
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "must be a time such as 2024-05-01T12:00:00Z"
            )
        }
        return decoder
    }()

    private static let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}
