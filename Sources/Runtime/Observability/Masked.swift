import Foundation

/// Forms of personal and secret values that may stand in a log line.
public enum Masked {
    /// `ann@example.com` → `a***@example.com`: enough to recognise one's own address, too little to use another's.
    public static func email(_ address: String) -> String {
        guard let at = address.lastIndex(of: "@"), let first = address.first, at != address.startIndex else {
            return "***"
        }
        return "\(first)***\(address[at...])"
    }

    /// The first four characters of a long token, nothing of a short one.
    public static func token(_ token: String) -> String {
        token.utf8.count >= 20 ? "\(token.prefix(4))***" : "***"
    }

    /// `amqp://shop:secret@broker/v?password=secret` → `amqp://shop:***@broker/v?password=***`. Takes libpq's
    /// `key=value` form as well.
    public static func url(_ url: String) -> String {
        var text = url
        if let scheme = text.range(of: "://") {
            let authorityEnd = text[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? text.endIndex
            let authority = text[scheme.upperBound..<authorityEnd]
            if let at = authority.lastIndex(of: "@") {
                let user = authority[..<at].prefix { $0 != ":" }
                let hasPassword = user.endIndex != at
                text.replaceSubrange(
                    scheme.upperBound..<authorityEnd,
                    with: "\(user)\(hasPassword ? ":***" : "")\(authority[at...])"
                )
            }
        }
        var searched = text.startIndex
        while let key = text[searched...].range(of: "password=") {
            let end = text[key.upperBound...].firstIndex { "& ".contains($0) } ?? text.endIndex
            let offset = text.distance(from: text.startIndex, to: key.upperBound)
            text.replaceSubrange(key.upperBound..<end, with: "***")
            searched = text.index(text.startIndex, offsetBy: offset + 3)
        }
        return text
    }
}
