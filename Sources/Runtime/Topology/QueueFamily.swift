/// What a broker queue's name says about it: the queue of the files that it belongs to, and its part there.
struct QueueFamily: Equatable {
    /// In the order in which messages move on, and so in which queues may go: whoever still sends goes first.
    enum Part: Int, Comparable {
        case rung, work, dead

        static func < (left: Part, right: Part) -> Bool { left.rawValue < right.rawValue }
    }

    /// The queue that its file is named after.
    let main: String
    let part: Part
    /// Where its messages go that it gives up or that have waited; `nil` for the dead, who stay.
    let next: String?
    /// Whether the name ends as only those of belonging queues do.
    let isSibling: Bool

    init(of name: String) {
        if let work = Self.dropping("dead", from: name) {
            self.init(main: work, part: .dead, next: nil, isSibling: true)
        } else if let main = Self.dropping("suspect", from: name) {
            self.init(main: main, part: .work, next: "\(main).dead", isSibling: true)
        } else if let work = Self.droppingRung(from: name) {
            self.init(main: Self.dropping("urgent", from: work) ?? work, part: .rung, next: work, isSibling: true)
        } else {
            let main = Self.dropping("urgent", from: name)
            self.init(main: main ?? name, part: .work, next: "\(main ?? name).dead", isSibling: main != nil)
        }
    }

    private init(main: String, part: Part, next: String?, isSibling: Bool) {
        (self.main, self.part, self.next, self.isSibling) = (main, part, next, isSibling)
    }

    private static func dropping(_ word: String, from name: String) -> String? {
        name.hasSuffix(".\(word)") && name.count > word.count + 1 ? String(name.dropLast(word.count + 1)) : nil
    }

    /// `a.b` of `a.b.retry.30s`.
    private static func droppingRung(from name: String) -> String? {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count > 2, words[words.count - 2] == "retry", let last = words.last, last.hasSuffix("s"),
            Int(last.dropLast()) != nil
        else { return nil }
        return words.dropLast(2).joined(separator: ".")
    }
}
