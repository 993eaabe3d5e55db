/// Decides which waiting jobs start when: no more runs than the concurrency allows, and a batch when it is full or its
/// first job has waited long enough. Pure; `Lane` carries out the actions.
struct Dispatch<Item> {
    enum Action {
        case run(runner: Int, [Item])
        /// Call ``waited(_:)`` for the runner after its `maximumWait`.
        case wait(runner: Int)
    }

    private struct Line {
        let maximumBatch: Int
        var waiting: [Item] = []
        /// The first of `waiting` has waited long enough.
        var isDue = false
        var isTimed = false

        var isReady: Bool { waiting.count >= maximumBatch || (isDue && !waiting.isEmpty) }
    }

    private var lines: [Line]
    private let concurrency: Int
    private var running = 0
    private var isStopped = false

    /// - Parameter maximumBatches: of each runner, by its index.
    init(maximumBatches: [Int], concurrency: Int) {
        lines = maximumBatches.map { Line(maximumBatch: $0) }
        self.concurrency = concurrency
    }

    mutating func arrived(_ item: Item, for runner: Int) -> [Action] {
        lines[runner].waiting.append(item)
        return next()
    }

    mutating func waited(_ runner: Int) -> [Action] {
        lines[runner].isTimed = false
        lines[runner].isDue = true
        return next()
    }

    mutating func finished() -> [Action] {
        running -= 1
        return next()
    }

    /// From now on nothing starts.
    mutating func stop() { isStopped = true }

    /// Takes what waits, and has not been started, away from here.
    mutating func takeWaiting() -> [Item] {
        defer { for index in lines.indices { lines[index].waiting = [] } }
        return lines.flatMap(\.waiting)
    }

    private mutating func next() -> [Action] {
        if isStopped { return [] }
        var actions: [Action] = []
        for index in lines.indices {
            while running < concurrency, lines[index].isReady {
                let count = min(lines[index].waiting.count, lines[index].maximumBatch)
                actions.append(.run(runner: index, Array(lines[index].waiting.prefix(count))))
                lines[index].waiting.removeFirst(count)
                lines[index].isDue = false
                running += 1
            }
            if !lines[index].waiting.isEmpty, !lines[index].isReady, !lines[index].isTimed {
                lines[index].isTimed = true
                actions.append(.wait(runner: index))
            }
        }
        return actions
    }
}
