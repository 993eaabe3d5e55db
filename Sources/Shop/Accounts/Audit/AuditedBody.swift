import Foundation

/// What of a request's body may stand in the audit log.
enum AuditedBody {
    /// Bytes. Of a longer body only the names of its fields are kept.
    static let limit = 16 * 1024

    /// Parts of the names of fields whose values are nobody's business.
    private static let secrets = ["password", "secret", "token", "otp", "card", "cvc"]

    /// - Returns: JSON, or `nil` where the body is none or empty.
    static func text(of body: [UInt8]) -> String? {
        guard !body.isEmpty, let value = try? JSONSerialization.jsonObject(with: Data(body)) else { return nil }
        guard let text = encoded(masked(value)) else { return nil }
        if text.utf8.count <= limit { return text }
        let names = (value as? [String: Any]).map { Array($0.keys.sorted().prefix(100)) } ?? []
        return encoded(["truncated": true, "bytes": body.count, "fields": names.map(storable)])
    }

    private static func masked(_ value: Any) -> Any {
        switch value {
        case let object as [String: Any]:
            Dictionary(object.map { (storable($0.key), $0.value) }) { first, _ in first }
                .reduce(into: [String: Any]()) { $0[$1.key] = isSecret($1.key) ? "***" : masked($1.value) }
        case let array as [Any]: array.map(masked)
        case let text as String: storable(text)
        default: value
        }
    }

    /// Without NUL, which PostgreSQL's JSON cannot hold.
    private static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value != 0 }))
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secrets.contains(where: name.contains)
    }

    private static func encoded(_ value: Any) -> String? {
        guard let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
