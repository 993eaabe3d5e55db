/// The broker's queues that files made and no file names any more: which may go, and what keeps the others.
struct StaleQueues: Sendable {
    private let state: BrokerState
    private let planned: Set<String>
    /// In the order in which they may go: a queue that others still send to goes after them.
    private let queues: [BrokerState.Queue]
    /// Named as ours are, without anything else that says so.
    private let lookalikes: [BrokerState.Queue]
    /// What keeps a queue by itself, and what to do about it.
    private let obstacles: [String: String]

    init(plan: BrokerPlan, state: BrokerState) {
        self.state = state
        let planned = Set(plan.queues)
        self.planned = planned
        // A policy as only we write it outlives the file and, until all are gone, its queues: it vouches for the family.
        let vouched = state.policies.compactMap { policy -> String? in
            guard let queue = policy.plannedQueue, policy.pattern == BrokerPlan.Policy.pattern(for: queue) else {
                return nil
            }
            return QueueFamily(of: queue).main
        }
        let families = Set(plan.queues.map { QueueFamily(of: $0).main } + vouched)
        let unplanned = state.queues.filter { !planned.contains($0.name) && !$0.exclusive }.sorted { $0.name < $1.name }
        let ours = unplanned.filter { families.contains(QueueFamily(of: $0.name).main) }
        queues = [.rung, .work, .dead].flatMap { part in ours.filter { QueueFamily(of: $0.name).part == part } }
        lookalikes = unplanned.filter {
            let family = QueueFamily(of: $0.name)
            return family.isSibling && $0.isOfOurShape && !families.contains(family.main)
        }
        let foreignBindings = state.bindings.filter { $0.destinationType == "queue" && $0.source != plan.exchange }
        let sources = Dictionary(grouping: foreignBindings, by: \.destination).mapValues { $0.map(\.source) }
        obstacles = Dictionary(
            uniqueKeysWithValues: ours.compactMap { queue in
                Self.obstacle(for: queue, boundTo: sources[queue.name] ?? [], in: state).map { (queue.name, $0) }
            }
        )
    }

    func contains(_ name: String) -> Bool { queues.contains { $0.name == name } }

    /// What goes together or not at all: without its file, a queue and all that belong to it, so that a worker with the
    /// old files can still be started to empty it; of a queue that has a file, each rung by itself.
    func group(of name: String) -> String {
        let family = QueueFamily(of: name)
        if !planned.contains(family.main) { return family.main }
        let urgent = "\(family.main).urgent"
        return name == urgent || family.next == urgent ? urgent : name
    }

    /// Whether what belongs together with a queue of this name has to stay for now, and its policies with it.
    func keeps(_ queue: String) -> Bool {
        let group = group(of: queue)
        return obstacles.keys.contains { self.group(of: $0) == group }
    }

    /// What stays only because something that it belongs to has to stay is not worth a line of its own.
    var findings: [TopologyFinding] {
        queues.compactMap { queue in
            if let obstacle = obstacles[queue.name] { return finding(queue, .manual(obstacle)) }
            if keeps(queue.name) { return nil }
            return finding(queue, .action(.removeQueue(queue.name, isQuorum: queue.type == "quorum")))
        }
            + lookalikes.map { queue in
                finding(
                    queue,
                    .manual(
                        "it is named as a queue of a file, but nothing else says that it was one. If it is nobody's and "
                            + "empty (\(queue.load)): `\(state.deletion(of: queue))`"
                    )
                )
            }
    }

    private func finding(_ queue: BrokerState.Queue, _ repair: TopologyFinding.Repair) -> TopologyFinding {
        TopologyFinding(
            kind: .extraQueue,
            object: queue.name,
            expected: nil,
            found: "\(queue.shape), \(queue.load)",
            repair: repair
        )
    }

    private static func obstacle(
        for queue: BrokerState.Queue,
        boundTo exchanges: [String],
        in state: BrokerState
    ) -> String? {
        if queue.consumers > 0 {
            return "in use (\(queue.load)): stop the workers that still have its file, then apply again"
        }
        if queue.messages > 0 {
            return "not empty (\(queue.load)): " + advice(for: QueueFamily(of: queue.name))
                + ". If they are worthless: `rabbitmqctl -p \(state.virtualHost) purge_queue \(queue.name)`"
        }
        if !exchanges.isEmpty {
            return
                "bound to \(Set(exchanges).sorted().joined(separator: ", ")), which the files know nothing of: remove "
                + "that binding, then apply again"
        }
        return nil
    }

    private static func advice(for family: QueueFamily) -> String {
        switch family.part {
        case .rung: "they return to \(family.next ?? family.main) when their time has come; apply again then"
        case .work: "let a worker with the old files (QUEUES_DIRECTORY) finish them, then apply again"
        case .dead: "replay or drop them with the old files (QUEUES_DIRECTORY), then apply again"
        }
    }
}
