/// Decides which waiting jobs start when: no more runs than the concurrency allows, a batch when it is full or its first
/// job has waited long enough, urgent jobs as often as their share says, and no more than a rate allows. Pure; `Lane`
/// carries out the actions.
struct Dispatch<Item: Sendable>: Sendable {
    enum Action: Sendable {
        case run(runner: Int, [Item])
        /// Call ``waited(_:)`` for the line after its runner's `maximumWait`.
        case wait(line: Int, runner: Int)
    }

    private struct Line: Sendable {
        let maximumBatch: Int
        var waiting: [Item] = []
        /// The first of `waiting` has waited long enough.
        var isDue = false
        var isTimed = false

        var isReady: Bool { waiting.count >= maximumBatch || (isDue && !waiting.isEmpty) }
    }

    /// One for each runner, and behind them, where there are urgent jobs, one for those of each.
    private var lines: [Line]
    private let runners: Int
    private let concurrency: Int
    private let urgentShare: Int
    /// Rises by the share with each start that both kinds wait for; a hundred of it is a start for the urgent ones.
    private var urgentCredit: Int
    private var running = 0
    private var isOpen = true
    private var isStopped = false
    /// Jobs that may still start before more is granted; `nil` for any number.
    private var allowance: Int?

    /// - Parameters:
    ///   - maximumBatches: of each runner, by its index.
    ///   - urgentShare: percent of the starts that urgent jobs get while others wait too.
    init(maximumBatches: [Int], concurrency: Int, urgentShare: Int = 0) {
        lines = (urgentShare > 0 ? maximumBatches + maximumBatches : maximumBatches).map { Line(maximumBatch: $0) }
        runners = maximumBatches.count
        self.concurrency = concurrency
        self.urgentShare = urgentShare
        // The first start that both wait for is an urgent one's.
        urgentCredit = 100 - urgentShare
    }

    mutating func arrived(_ item: Item, for runner: Int, isUrgent: Bool = false) -> [Action] {
        lines[isUrgent ? runners + runner : runner].waiting.append(item)
        return next()
    }

    mutating func waited(_ line: Int) -> [Action] {
        lines[line].isTimed = false
        lines[line].isDue = true
        return next()
    }

    mutating func finished() -> [Action] {
        running -= 1
        return next()
    }

    /// Until ``open()`` nothing starts; what waits, and what comes, is kept.
    mutating func close() { isOpen = false }

    mutating func open() -> [Action] {
        isOpen = true
        return next()
    }

    /// Takes what waits, and has not been started, away from here.
    mutating func takeWaiting() -> [(item: Item, isUrgent: Bool)] {
        var all: [(item: Item, isUrgent: Bool)] = []
        for index in lines.indices {
            for item in lines[index].waiting { all.append((item: item, isUrgent: index >= runners)) }
            lines[index].waiting = []
            lines[index].isDue = false
        }
        return all
    }

    /// From now on nothing starts.
    mutating func stop() { isStopped = true }

    /// With a limit, a job needs a grant to start.
    mutating func limit(_ isLimited: Bool) -> [Action] {
        guard isLimited != (allowance != nil) else { return [] }
        allowance = isLimited ? 0 : nil
        return next()
    }

    /// So many more jobs may start.
    mutating func grant(_ jobs: Int) -> [Action] {
        guard let allowance else { return [] }
        self.allowance = allowance + jobs
        return next()
    }

    /// Whether jobs wait for nothing but a grant.
    var isHeld: Bool { wanted > 0 }

    /// Jobs that would start now if they were granted.
    var wanted: Int {
        guard allowance == 0, isOpen, !isStopped else { return 0 }
        var free = concurrency - running
        var jobs = 0
        for line in lines where free > 0 && line.isReady {
            let batches = min(free, max(1, line.waiting.count / line.maximumBatch))
            jobs += min(line.waiting.count, batches * line.maximumBatch)
            free -= batches
        }
        return jobs
    }

    private mutating func next() -> [Action] {
        guard isOpen, !isStopped else { return [] }
        var actions: [Action] = []
        while running < concurrency, allowance != 0, let line = choose() { actions.append(start(line)) }
        for index in lines.indices where !lines[index].waiting.isEmpty && !lines[index].isReady && !lines[index].isTimed
        {
            lines[index].isTimed = true
            actions.append(.wait(line: index, runner: index % runners))
        }
        return actions
    }

    private mutating func start(_ line: Int) -> Action {
        let count = min(lines[line].waiting.count, lines[line].maximumBatch, allowance ?? .max)
        let items = Array(lines[line].waiting.prefix(count))
        lines[line].waiting.removeFirst(count)
        lines[line].isDue = false
        running += 1
        allowance? -= count
        return .run(runner: line % runners, items)
    }

    private mutating func choose() -> Int? {
        let other = lines[..<runners].firstIndex { $0.isReady }
        guard urgentShare > 0, let urgent = lines[runners...].firstIndex(where: { $0.isReady }) else { return other }
        guard let other else { return urgent }
        urgentCredit += urgentShare
        guard urgentCredit >= 100 else { return other }
        urgentCredit -= 100
        return urgent
    }
}
