/// What a replay or a drop has done so far.
package struct DeadLetterReport: Equatable, Sendable {
    /// Letters that the pass has seen.
    package var seen = 0
    /// Letters that the filter means.
    package var matched = 0
    /// Letters that left the queue.
    package var moved = 0
    package var refused = 0
    package var failed = 0
    /// Ids of the matching ones, where the filter names ids.
    package var foundIDs: Set<String> = []
    /// Why it ended before its end.
    package var stopped: String?

    package init() {}

    /// Notes a letter.
    /// - Returns: whether the filter means it.
    package mutating func meet(_ entry: DeadLetterEntry, _ filter: DeadLetterFilter) -> Bool {
        seen += 1
        guard filter.matches(entry) else { return false }
        matched += 1
        if filter.ids != nil, let id = entry.id { foundIDs.insert(id) }
        return true
    }
}
