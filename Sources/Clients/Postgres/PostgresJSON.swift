import Foundation

/// A value kept in a `jsonb` or `json` column.
public struct PostgresJSON<Value: Sendable>: Sendable {
    /// The value that the column holds as JSON.
    public let value: Value
    /// Binds `value` as `jsonb`.
    public init(_ value: Value) { self.value = value }
}

extension PostgresJSON: PostgresEncodable where Value: Encodable {
    public var postgresText: String? {
        get throws(PostgresEncodingFailure) {
            do {
                return String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
            } catch {
                throw PostgresEncodingFailure("\(Value.self) cannot be written as JSON")
            }
        }
    }
}

extension PostgresJSON: PostgresDecodable where Value: Decodable {
    /// Reads `json` or `jsonb` as the value's `Codable` form.
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> PostgresJSON<Value> {
        guard let text = value.jsonText else { throw .wrongType }
        do {
            return PostgresJSON(try JSONDecoder().decode(Value.self, from: Data(text)))
        } catch {
            throw .malformed("JSON does not decode as \(Value.self): \(error)")
        }
    }
}
