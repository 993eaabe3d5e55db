import Foundation

/// A value kept in a `jsonb` or `json` column.
public struct PostgresJSON<Value: Sendable>: Sendable {
    public let value: Value
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
    public static func decode(_ value: PostgresValue) throws(PostgresDecodingFailure) -> PostgresJSON<Value> {
        guard let text = value.jsonText else { throw .wrongType }
        do {
            return PostgresJSON(try JSONDecoder().decode(Value.self, from: Data(text)))
        } catch {
            throw .malformed("JSON does not decode as \(Value.self): \(error)")
        }
    }
}
