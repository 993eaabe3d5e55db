/// Which statements a connection has prepared, least recently used first out.
struct StatementCache {
    struct Lookup: Equatable {
        let name: String
        /// Whether the statement has to be prepared under that name first.
        let isNew: Bool
        /// A statement to deallocate, because the cache was full.
        let evicted: String?
    }

    private let capacity: Int
    private var entries: [String: (name: String, lastUse: Int)] = [:]
    private var clock = 0

    /// - Parameter capacity: statements kept prepared on the connection.
    init(capacity: Int) { self.capacity = capacity }

    mutating func lookUp(_ sql: String) -> Lookup {
        clock += 1
        if let entry = entries[sql] {
            entries[sql] = (entry.name, clock)
            return Lookup(name: entry.name, isNew: false, evicted: nil)
        }
        var evicted: String?
        if entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
            evicted = oldest.value.name
        }
        let name = "w\(clock)"
        entries[sql] = (name, clock)
        return Lookup(name: name, isNew: true, evicted: evicted)
    }

    /// Forgets a statement whose preparation failed.
    mutating func forget(_ sql: String) { entries[sql] = nil }
}
