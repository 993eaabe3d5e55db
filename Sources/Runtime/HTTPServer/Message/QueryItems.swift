/// The decoded `name=value` pairs behind a target's question mark, in order.
public struct QueryItems: Sendable {
    private let items: [(name: String, value: String)]

    init(parsing query: Substring) {
        items = query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                PercentEncoding.decode(parts[0], plusIsSpace: true),
                parts.count == 2 ? PercentEncoding.decode(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    /// The first value of `name`; empty for a bare `?name`.
    public func first(_ name: String) -> String? {
        items.first { $0.name == name }?.value
    }

    /// Every value of `name`, as in `?tag=a&tag=b`.
    public func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }
}
