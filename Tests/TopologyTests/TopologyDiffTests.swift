import Testing

@testable import Topology

@Suite struct TopologyDiffTests {
    private let plan: BrokerPlan
    /// A broker that is just as the plan says.
    private let good: BrokerState

    init() throws {
        let queue = try QueueDefinition(
            name: "a.b",
            bindings: ["a.b"],
            retry: .init(rungsSeconds: [5], attempts: 3),
            urgent: .init(share: 80)
        )
        plan = try Topology([queue]).broker
        good = BrokerState(plan)
    }

    private func findings(_ change: (inout BrokerState) -> Void) -> [TopologyFinding] { diff(change).findings }

    private func diff(_ change: (inout BrokerState) -> Void) -> TopologyDiff {
        var state = good
        change(&state)
        return TopologyDiff(plan: plan, state: state)
    }

    @Test func aBrokerAsPlannedHasNoDifference() {
        let diff = diff { _ in }
        #expect(diff.findings == [])
        #expect(diff.actions == [])
        #expect(diff.unchanged == diff.size)
    }

    @Test func anEmptyBrokerGetsEverythingInAnOrderThatLosesNothing() {
        let diff = TopologyDiff(plan: plan, state: BrokerState(virtualHost: "v"))
        #expect(diff.unchanged == 0)
        #expect(diff.refusals == [])
        #expect(diff.actions.count == diff.size)
        #expect(diff.actions.map(\.step) == diff.actions.map(\.step).sorted())
        #expect(diff.actions.first == .declareExchange("wharf.jobs"))
        #expect(diff.actions.last == .bind(.init(queue: "a.b.urgent", routingKey: "a.b.urgent")))
    }

    @Test func newBindingsStandBeforeOldOnesGo() {
        let diff = diff { state in
            state.bindings = [
                .init(source: "wharf.jobs", destination: "a.b", routingKey: "old", propertiesKey: "old")
            ]
        }
        let bindings = diff.actions.filter { $0.object.hasPrefix("binding") }
        #expect(bindings.map(\.effect) == [.created, .created, .removed])
        #expect(bindings.last == .unbind(.init(queue: "a.b", routingKey: "old"), propertiesKey: "old"))
    }

    // MARK: Queues

    @Test(arguments: [
        "a.b.retry.7s", "a.b.urgent.retry.60s",
    ])
    func aRungOfNoFileGoesWhenItIsEmpty(_ name: String) {
        let empty = diff { $0.queues.append(.init(name: name)) }
        #expect(empty.findings.map(\.kind) == [.extraQueue])
        #expect(empty.actions == [.removeQueue(name, isQuorum: true)])
        let full = diff { $0.queues.append(.init(name: name, messages: 3)) }
        #expect(full.actions == [])
        #expect(full.refusals.map(\.object) == [name])
        #expect(full.refusals.first?.fix.contains("messages: 3") == true)
        let used = diff { $0.queues.append(.init(name: name, consumers: 1)) }
        #expect(used.refusals.first?.fix.contains("stop the workers") == true)
    }

    private func retired(_ name: String) -> [BrokerState.Queue] {
        ["", ".retry.5s", ".suspect", ".dead"].map { .init(name: name + $0) }
    }

    private func retiredPolicies(_ name: String) -> [BrokerState.Policy] {
        [name, "\(name).retry.5s", "\(name).suspect"].map { queue in
            .init(BrokerPlan.Policy(queue: queue, definition: .deadLetter(to: "\(name).dead")))
        }
    }

    @Test func aQueueWithoutItsFileGoesWithAllThatBelongsToIt() {
        let diff = diff { state in
            state.queues += retired("old")
            state.policies += retiredPolicies("old")
            state.bindings.append(
                .init(source: "wharf.jobs", destination: "old", routingKey: "old", propertiesKey: "old")
            )
        }
        #expect(diff.refusals == [])
        #expect(
            diff.actions.map(\.object) == [
                "binding old → old",
                // Whoever still sends to another goes before that.
                "queue old.retry.5s", "queue old", "queue old.suspect", "queue old.dead",
                "policy wharf.old", "policy wharf.old.retry.5s", "policy wharf.old.suspect",
            ]
        )
    }

    /// Else no worker with the old files could be started any more to empty it.
    @Test func aQueueWithoutItsFileStaysWithAllThatBelongsToItWhileOneHoldsAMessage() {
        let diff = diff { state in
            var queues = retired("old")
            queues[1].messages = 1
            state.queues += queues
            state.policies += retiredPolicies("old")
        }
        #expect(diff.actions == [])
        #expect(diff.findings.map(\.object) == ["old.retry.5s"])
        #expect(diff.refusals.first?.fix.contains("they return to old") == true)
    }

    /// The files of another system must not take the jobs of a running one away.
    @Test(arguments: [("old", 0), ("a.b", 1)]) func aQueueInUseKeepsTheJobsThatNothingElseTakes(
        _ key: String,
        _ unbound: Int
    ) {
        let diff = diff { state in
            state.queues += retired("old")
            state.queues[state.queues.count - 4].consumers = 1
            state.policies += retiredPolicies("old")
            state.bindings.append(
                .init(source: "wharf.jobs", destination: "old", routingKey: key, propertiesKey: key)
            )
        }
        #expect(diff.refusals.map(\.object).contains("old"))
        #expect(diff.actions.count == unbound)
    }

    @Test func anUrgentQueueOfNoFileGoesAfterItsRungsAndWithThem() throws {
        let queues: [BrokerState.Queue] = [.init(name: "c.urgent"), .init(name: "c.urgent.retry.5s")]
        let plan = BrokerPlan([try QueueDefinition(name: "c", bindings: ["c"])])
        var state = BrokerState(plan)
        state.queues += queues
        let names = ["queue c.urgent.retry.5s", "queue c.urgent"]
        #expect(TopologyDiff(plan: plan, state: state).actions.map(\.object) == names)
        state.queues[state.queues.count - 1].messages = 1
        #expect(TopologyDiff(plan: plan, state: state).actions == [])
    }

    @Test func aQueueThatSomebodyElseHasBoundStays() {
        let diff = diff { state in
            state.queues.append(.init(name: "a.b.retry.7s"))
            state.bindings.append(
                .init(source: "logs", destination: "a.b.retry.7s", routingKey: "#", propertiesKey: "%23")
            )
        }
        #expect(diff.actions == [])
        #expect(diff.refusals.first?.fix.contains("bound to logs") == true)
    }

    @Test func strangersAreNoneOfOurBusiness() {
        #expect(
            findings { state in
                state.queues += [
                    .init(name: "billing"), .init(name: "billing.dead", type: "classic", arguments: [:]),
                ]
                state.policies.append(.init(name: "billing", pattern: "^billing", definition: ["expires": .int(1)]))
                state.bindings.append(
                    .init(source: "amq.topic", destination: "billing", routingKey: "#", propertiesKey: "%23")
                )
            } == []
        )
    }

    @Test func whatOnlyLooksLikeOursIsReportedAndLeftAlone() {
        let diff = diff { $0.queues.append(.init(name: "billing.dead")) }
        #expect(diff.findings.map(\.object) == ["billing.dead"])
        #expect(diff.actions == [])
    }

    @Test func aQueueOfAnotherShapeIsNotReplaced() {
        let diff = diff { state in
            state.queues[0] = .init(name: "a.b", type: "classic", arguments: ["x-max-length": .int(10)], messages: 2)
        }
        #expect(diff.findings.map(\.kind) == [.differentQueue])
        #expect(diff.findings.first?.expected == "quorum")
        #expect(diff.findings.first?.found == "classic, x-max-length=10")
        #expect(diff.actions == [])
        #expect(diff.refusals.first?.fix.contains("rabbitmqctl -p v delete_queue a.b --if-empty --if-unused") == true)
    }

    @Test func anExchangeOfAnotherTypeIsNotReplaced() {
        let diff = diff { $0.exchange = .init(type: "fanout", durable: false) }
        #expect(diff.findings.map(\.kind) == [.differentExchange])
        #expect(diff.findings.first?.found == "not durable, fanout")
        #expect(diff.actions == [])
    }

    // MARK: Bindings

    @Test func aBindingOfAStrangerIsReportedAndLeftAlone() {
        let diff = diff { state in
            state.queues.append(.init(name: "audit"))
            state.bindings.append(
                .init(source: "wharf.jobs", destination: "audit", routingKey: "#", propertiesKey: "%23")
            )
        }
        #expect(diff.findings.map(\.kind) == [.extraBinding])
        #expect(diff.actions == [])
        #expect(diff.refusals.first?.fix.contains("properties_key='%23'") == true)
    }

    @Test func aBindingWithArgumentsIsNoneOfThePlan() {
        let diff = diff { $0.bindings[0].arguments = ["x": .int(1)] }
        #expect(diff.findings.map(\.kind) == [.missingBinding, .extraBinding])
        #expect(diff.actions.map(\.effect) == [.created, .removed])
    }

    // MARK: Policies

    @Test func aChangedPolicyNamesOnlyWhatDiffers() throws {
        let diff = diff { state in
            state.policies[0].definition["delivery-limit"] = .int(3)
            state.policies[0].definition["max-length"] = .int(9)
            state.policies[0].priority = 2
        }
        let finding = try #require(diff.findings.first)
        #expect(finding.kind == .differentPolicy)
        #expect(finding.expected == "delivery-limit=20, no max-length, priority=0")
        #expect(finding.found == "delivery-limit=3, max-length=9, priority=2")
        #expect(diff.actions == [.putPolicy(plan.policies[0], isNew: false)])
    }

    @Test func aPolicyThatOnlyWeCouldHaveMadeGoes() {
        let extra = BrokerState.Policy(name: "wharf.all", pattern: ".*", priority: 9, definition: ["expires": .int(1)])
        let diff = diff { $0.policies.append(extra) }
        #expect(diff.findings.map(\.kind) == [.extraPolicy])
        #expect(diff.actions == [.removePolicy("wharf.all")])
    }

    @Test(arguments: [
        // One with our priority may win, and on a queue without a policy any does.
        (0, "^a", ["a.b and 5 more"]), (1, "^a\\.b$", ["a.b"]), (-1, "^a", ["a.b.dead"]), (5, "^other$", []),
        // What cannot be read counts as matching.
        (1, "(", ["a.b and 5 more"]),
    ])
    func aStrangersPolicyCountsWhereItOutranksOurs(_ priority: Int, _ pattern: String, _ queues: [String]) {
        let policy = BrokerState.Policy(
            name: "all",
            pattern: pattern,
            applyTo: "all",
            priority: priority,
            definition: ["expires": .int(1)]
        )
        let found = findings { $0.policies.append(policy) }
        #expect(found.map(\.kind) == queues.map { _ in .overridingPolicy })
        for (finding, queue) in zip(found, queues) {
            #expect(finding.expected?.hasPrefix("only the policies of the files on \(queue)") == true)
        }
    }

    @Test(arguments: [
        (["expires": BrokerValue.int(1)], 1), (["delivery-limit": .int(2)], 1), (["delivery-limit": .int(100)], 0),
    ])
    func anOperatorPolicyCountsWhereItTightensOurs(_ definition: [String: BrokerValue], _ count: Int) {
        let policy = BrokerState.Policy(name: "limits", pattern: #"^a\.b(\.urgent)?$"#, definition: definition)
        let found = findings { $0.operatorPolicies.append(policy) }
        #expect(found.map(\.kind) == Array(repeating: .overridingOperatorPolicy, count: count))
    }

    // MARK: Names

    @Test(arguments: [
        ("a.b", "a.b", QueueFamily.Part.work, "a.b.dead" as String?), ("a.b.urgent", "a.b", .work, "a.b.dead"),
        ("a.b.suspect", "a.b", .work, "a.b.dead"), ("a.b.dead", "a.b", .dead, nil),
        ("a.b.retry.30s", "a.b", .rung, "a.b"), ("a.b.urgent.retry.5s", "a.b", .rung, "a.b.urgent"),
        ("a.retry.soon", "a.retry.soon", .work, "a.retry.soon.dead"), ("dead", "dead", .work, "dead.dead"),
    ])
    func aNameTellsItsFamily(_ name: String, _ main: String, _ part: QueueFamily.Part, _ next: String?) {
        let family = QueueFamily(of: name)
        #expect(family.main == main)
        #expect(family.part == part)
        #expect(family.next == next)
    }
}

extension BrokerState {
    fileprivate init(_ plan: BrokerPlan) {
        self.init(
            virtualHost: "v",
            exchange: Exchange(),
            queues: plan.queues.map { Queue(name: $0) },
            bindings: plan.bindings.map {
                Binding(
                    source: plan.exchange,
                    destination: $0.queue,
                    routingKey: $0.routingKey,
                    propertiesKey: $0.routingKey
                )
            },
            policies: plan.policies.map { Policy($0) }
        )
    }
}
