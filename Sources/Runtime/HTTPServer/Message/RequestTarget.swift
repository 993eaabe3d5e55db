/// What stands between the method and the version of a request line.
struct RequestTarget: Sendable {
    /// As it was sent, without the query.
    let path: String
    /// The decoded parts between slashes, without the empty one that a trailing slash leaves.
    let segments: [String]
    let query: QueryItems

    init(parsing target: String) {
        let origin = Self.originForm(target)
        let parts = origin.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = QueryItems(parsing: parts.count == 2 ? parts[1] : "")
        var raw = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        if raw.first?.isEmpty == true { raw.removeFirst() }
        if raw.last?.isEmpty == true { raw.removeLast() }
        segments = raw.map { PercentEncoding.decode($0, plusIsSpace: false) }
    }

    /// PostgreSQL's text cannot hold U+0000, and no honest client sends it.
    static func containsNull(_ target: String) -> Bool {
        target.contains("%00")
    }

    /// A server must take `GET http://host/path` as well (RFC 9112 §3.2.2); the authority is dropped.
    private static func originForm(_ target: String) -> Substring {
        guard !target.hasPrefix("/") else { return target[...] }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            return target.dropFirst(scheme.count).drop { $0 != "/" && $0 != "?" }
        }
        return target[...]
    }
}
