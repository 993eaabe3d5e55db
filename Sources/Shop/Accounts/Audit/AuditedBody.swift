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
        return encoded(["truncated": true, "bytes": body.count, "fields": names])
    }

    private static func masked(_ value: Any) -> Any {
        switch value {
        case let object as [String: Any]:
            Dictionary(uniqueKeysWithValues: object.map { ($0.key, isSecret($0.key) ? "***" : masked($0.value)) })
        case let array as [Any]: array.map(masked)
        case let text as String: text.replacing("\0", with: "")  // which PostgreSQL's JSON cannot hold
        default: value
        }
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
