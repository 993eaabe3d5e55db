/// Which statements a connection has prepared, least recently used first out.
struct StatementCache {
    struct Lookup: Equatable {
        let name: String
        /// Whether the statement has to be prepared under that name first.
        let isNew: Bool
    }

    private let capacity: Int
    private var entries: [String: (name: String, lastUse: Int)] = [:]
    private var clock = 0
    /// Names that the server still holds and nobody looks up any more.
    private(set) var evicted: [String] = []

    /// - Parameter capacity: statements kept prepared on the connection.
    init(capacity: Int) { self.capacity = capacity }

    mutating func lookUp(_ sql: String) -> Lookup {
        clock += 1
        if let entry = entries[sql] {
            entries[sql] = (entry.name, clock)
            return Lookup(name: entry.name, isNew: false)
        }
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted.append(oldest.value.name)
        }
        let name = "w\(clock)"
        entries[sql] = (name, clock)
        return Lookup(name: name, isNew: true)
    }

    /// Nothing is prepared under this name on the server: its preparation failed, or it was deallocated.
    mutating func forget(_ name: String) {
        if let entry = entries.first(where: { $0.value.name == name }) { entries[entry.key] = nil }
        evicted.removeAll { $0 == name }
    }

    /// A table has changed its shape: every statement is prepared anew.
    mutating func evictAll() {
        evicted += entries.values.map(\.name)
        entries = [:]
    }
}
