/// Where an image lies. A page shows the address as it stands, so `javascript:` and the like must not get in.
enum WebAddress {
    /// Whether it is http or https, a host by name or IPv4 address, perhaps a port, and a path and query as RFC 3986 §3.3 and
    /// §3.4 write them. The API's description has the same rule as a pattern.
    static func isValid(_ url: String) -> Bool {
        guard ProductLimits.url.contains(url.utf8.count),
            let scheme = ["https://", "http://"].first(where: url.hasPrefix)
        else { return false }
        let rest = url.utf8.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let parts = authority.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard let host = parts.first, isHost(host), parts.count <= 2 else { return false }
        let isPort = parts.count == 1 || ((1...5).contains(parts[1].count) && parts[1].allSatisfy(digits.contains))
        return isPort && isPathAndQuery(rest.dropFirst(authority.count))
    }

    private static func isHost(_ host: Substring.UTF8View) -> Bool {
        host.first.map(alphanumerics.contains) == true && host.last.map(alphanumerics.contains) == true
            && host.allSatisfy(hostCharacters.contains)
    }

    private static func isPathAndQuery(_ text: Substring.UTF8View) -> Bool {
        var hexadecimal = 0
        for byte in text {
            if hexadecimal > 0 {
                guard hexDigits.contains(byte) else { return false }
                hexadecimal -= 1
            } else if byte == UInt8(ascii: "%") {
                hexadecimal = 2
            } else if !pathCharacters.contains(byte) {
                return false
            }
        }
        return hexadecimal == 0
    }

    private static let digits = Set("0123456789".utf8)
    private static let hexDigits = Set("0123456789abcdefABCDEF".utf8)
    private static let alphanumerics = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    private static let hostCharacters = alphanumerics.union(".-".utf8)
    private static let pathCharacters = alphanumerics.union("._~!$&'()*+,;=:@/?-".utf8)
}
