import Foundation
import Testing

@testable import Topology

@Suite struct TopologyTests {
    /// The queue files of this very repository.
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "queues").path

    @Test func theRepositorysQueueFilesAreSound() throws {
        let topology = try Topology.load(directory: Self.directory)
        let jobs = [
            "email.send_account_message", "email.send_order_confirmation", "order.process", "payment.process",
            "search.index_product",
        ]
        #expect(topology.queues.map(\.name) == ["email.bulk"] + jobs + ["shop.maintenance"])
        for job in jobs {
            #expect(topology.queues(forJob: job).map(\.name).contains(job))
        }
        #expect(topology.queues(forJob: "email.send_order_confirmation").map(\.name) == ["email.bulk", jobs[1]])
        #expect(topology.queues(forJob: "nobodys.job").isEmpty)
    }

    @Test func plansOnePolicyForEachQueueButTheDead() throws {
        let queue = try QueueDefinition(
            name: "order.process",
            bindings: ["order.process", "order.other"],
            deliveryLimit: 20,
            retry: .init(rungsSeconds: [5, 30], attempts: 3)
        )
        let plan = try Topology([queue]).broker
        #expect(
            plan.queues == [
                "order.process", "order.process.retry.5s", "order.process.retry.30s", "order.process.suspect",
                "order.process.dead",
            ]
        )
        #expect(plan.bindings.map(\.routingKey) == ["order.process", "order.other"])
        let policies = Dictionary(uniqueKeysWithValues: plan.policies.map { ($0.queue, $0) })
        #expect(Set(policies.keys) == Set(plan.queues).subtracting(["order.process.dead"]))
        #expect(policies["order.process"]?.pattern == #"^order\.process$"#)
        #expect(
            policies["order.process.retry.30s"]?.definition
                == BrokerPlan.Definition(
                    messageTTL: 30_000,
                    deadLetterExchange: "",
                    deadLetterRoutingKey: "order.process",
                    deadLetterStrategy: "at-least-once",
                    overflow: "reject-publish"
                )
        )
        #expect(policies["order.process"]?.definition.deadLetterRoutingKey == "order.process.dead")
        #expect(policies["order.process"]?.definition.deliveryLimit == 20)
        #expect(policies["order.process.suspect"]?.definition.deadLetterRoutingKey == "order.process.dead")
    }

    @Test func plansASiblingForUrgentJobs() throws {
        let queue = try QueueDefinition(
            name: "q",
            bindings: ["a.b", "c"],
            retry: .init(rungsSeconds: [5], attempts: 3),
            urgent: .init(share: 80)
        )
        let plan = try Topology([queue]).broker
        #expect(plan.queues == ["q", "q.retry.5s", "q.urgent", "q.urgent.retry.5s", "q.suspect", "q.dead"])
        #expect(
            plan.bindings == [
                .init(queue: "q", routingKey: "a.b"), .init(queue: "q", routingKey: "c"),
                .init(queue: "q.urgent", routingKey: "a.b.urgent"), .init(queue: "q.urgent", routingKey: "c.urgent"),
            ]
        )
        let policies = Dictionary(uniqueKeysWithValues: plan.policies.map { ($0.queue, $0.definition) })
        #expect(policies["q.urgent"] == .deadLetter(to: "q.dead", deliveryLimit: 20))
        #expect(policies["q.urgent.retry.5s"] == .deadLetter(to: "q.urgent", messageTTL: 5_000))
        #expect(Set(policies.keys) == Set(plan.queues).subtracting(["q.dead"]))
        #expect(queue.isUrgent(routingKey: "c.urgent"))
        #expect(!queue.isUrgent(routingKey: "c"))
        #expect(!queue.isUrgent(routingKey: "other.urgent"))
    }

    @Test func aPolicyIsWrittenInTheBrokersWords() throws {
        let definition = BrokerPlan.Definition.deadLetter(to: "q.dead", deliveryLimit: 20)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = String(decoding: try encoder.encode(definition), as: UTF8.self)
        #expect(
            json == #"{"dead-letter-exchange":"","dead-letter-routing-key":"q.dead","#
                + #""dead-letter-strategy":"at-least-once","delivery-limit":20,"overflow":"reject-publish"}"#
        )
    }

    @Test func refusesTwoOwnersOfOneBrokerQueue() throws {
        let first = try QueueDefinition(name: "a", bindings: ["a"], retry: .init(rungsSeconds: [5], attempts: 2))
        let second = try QueueDefinition(name: "a.dead", bindings: ["b"], retry: .init(rungsSeconds: [5], attempts: 2))
        #expect(throws: TopologyError.self) { try Topology([first, second]) }
    }

    private static let good = """
        {"name": "q", "bindings": ["a.b"], "concurrency": 4, "deadline_seconds": 30, "delivery_limit": 20,
         "retry": {"rungs_seconds": [5, 30], "attempts": 8},
         "scaling": {"min": 1, "max": 8, "target_wait_seconds": 5}}
        """

    @Test func readsAFile() throws {
        let queue = try QueueDefinition(json: Data(Self.good.utf8), file: "q.json")
        #expect(queue.retry == .init(rungsSeconds: [5, 30], attempts: 8))
        #expect(queue.batch == nil)
        #expect(queue.urgent == nil)
        #expect(queue.rateLimit == nil)
        #expect(queue.scaling == .init(min: 1, max: 8, targetWaitSeconds: 5))
        #expect(queue.prefetch(concurrency: 4, batchSize: 10) == 80)
    }

    @Test func readsAFilesControl() throws {
        let json = Self.good
            .replacing(#""attempts": 8"#, with: #""attempts": 8, "never": ["CardExpired"]"#)
            .replacing(#""scaling""#, with: #""urgent": {"share": 80}, "rate_limit": {"per_second": 20}, "scaling""#)
            .replacing(#""min": 1"#, with: #""program": "worker-q", "min": 1"#)
        let queue = try QueueDefinition(json: Data(json.utf8), file: "q.json")
        #expect(queue.retry.never == ["CardExpired"])
        #expect(queue.urgent == .init(share: 80))
        #expect(queue.rateLimit == .init(perSecond: 20))
        #expect(queue.scaling.program == "worker-q")
    }

    @Test(arguments: [
        (
            #""name": "q""#, #""name": "Q q""#,
            "q.json: name: must be words of a-z, 0-9 and _ joined by dots, not \"Q q\""
        ),
        (#""name": "q","#, "", "q.json: name: is missing"),
        (#"["a.b"]"#, "[]", "q.json: bindings: must name at least one job"),
        (#"["a.b"]"#, #"["a.*"]"#, "q.json: bindings: must hold names of jobs without wildcards, not \"a.*\""),
        (#"["a.b"]"#, #"["a", "a"]"#, "q.json: bindings: names a job twice"),
        (#"["a.b"]"#, #""a.b""#, "q.json: bindings: must be a list"),
        ("4", "0", "q.json: concurrency: must be between 1 and 1000, not 0"),
        ("4", #""four""#, "q.json: concurrency: must be a whole number"),
        ("[5, 30]", "[]", "q.json: retry.rungs_seconds: must have at least one rung"),
        ("[5, 30]", "[30, 5]", "q.json: retry.rungs_seconds: must ascend"),
        ("[5, 30]", "[0, 5]", "q.json: retry.rungs_seconds: must be between 1 and 86400, not 0"),
        (#""attempts": 8"#, #""attempts": 0"#, "q.json: retry.attempts: must be between 1 and 100, not 0"),
        (#", "attempts": 8"#, "", "q.json: retry.attempts: is missing"),
        (
            #""attempts": 8"#, #""atempts": 8"#,
            "q.json: retry.atempts: no such field; known: attempts, never, rungs_seconds"
        ),
        (
            #""attempts": 8"#, #""attempts": 8, "never": ["A", "A"]"#,
            "q.json: retry.never: must name types of errors, each once"
        ),
        (
            #""scaling""#, #""urgent": {"share": 91}, "scaling""#,
            "q.json: urgent.share: must be between 1 and 90, not 91"
        ),
        (
            #"["a.b"]"#, #"["a.b", "a.b.urgent"], "urgent": {"share": 50}"#,
            "q.json: bindings: names the urgent form of another binding, which \"urgent\" adds"
        ),
        (
            #""scaling""#, #""rate_limit": {"per_second": 0}, "scaling""#,
            "q.json: rate_limit.per_second: must be between 1 and 100000, not 0"
        ),
        (
            #""min": 1"#, #""program": "a b", "min": 1"#,
            "q.json: scaling.program: must be letters, digits, - and _, not \"a b\""
        ),
        (#""max": 8"#, #""max": 0"#, "q.json: scaling.max: must be between 1 and 1000, not 0"),
        ("{", "", "q.json: is not valid JSON"),
    ])
    func saysWhatIsWrongAndWhere(_ part: String, _ replacement: String, _ message: String) throws {
        let range = try #require(Self.good.range(of: part))
        let bad = Self.good.replacingCharacters(in: range, with: replacement)
        let error = #expect(throws: TopologyError.self) {
            try QueueDefinition(json: Data(bad.utf8), file: "q.json")
        }
        #expect(error?.description == message)
    }

    @Test func aFileIsNamedAfterItsQueue() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "topology-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        #expect(throws: TopologyError.self) { try Topology.load(directory: directory.path) }
        try Data(Self.good.utf8).write(to: directory.appending(path: "other.json"))
        let error = #expect(throws: TopologyError.self) { try Topology.load(directory: directory.path) }
        #expect(error?.field == "name")
        #expect(throws: TopologyError.self) { try Topology.load(directory: directory.path + "/nowhere") }
    }
}
