import Foundation
import Testing

@testable import Topology

@Suite struct DefinitionsFileTests {
    private let first: QueueDefinition
    private let second: QueueDefinition

    init() throws {
        first = try QueueDefinition(name: "a", bindings: ["z", "a"], retry: .init(rungsSeconds: [5, 30], attempts: 2))
        second = try QueueDefinition(name: "b", bindings: ["b"], urgent: .init(share: 50))
    }

    private struct Definitions: Decodable {
        struct Entry: Decodable, Equatable {
            let name: String?
            let routing_key: String?
            let vhost: String?
            let durable: Bool?
        }

        let vhosts: [Entry]?
        let exchanges: [Entry]
        let queues: [Entry]
        let bindings: [Entry]
        let policies: [Entry]
    }

    private func definitions(_ plan: BrokerPlan, virtualHost: String? = nil) throws -> Definitions {
        try JSONDecoder().decode(Definitions.self, from: DefinitionsFile(plan, virtualHost: virtualHost).json())
    }

    /// An export is kept under version control: it changes when the files do, and only then.
    @Test func isTheSameBytesWhateverOrderTheQueuesHave() throws {
        let there = try DefinitionsFile(BrokerPlan([first, second])).json()
        let back = try DefinitionsFile(BrokerPlan([second, first])).json()
        #expect(there == back)
    }

    @Test func isSortedAndComplete() throws {
        let plan = BrokerPlan([second, first])
        let definitions = try definitions(plan)
        #expect(definitions.vhosts == nil)
        #expect(definitions.exchanges.map(\.name) == ["wharf.jobs"])
        #expect(definitions.queues.map(\.name) == plan.queues.sorted())
        #expect(definitions.queues.allSatisfy { $0.durable == true })
        #expect(definitions.bindings.map(\.routing_key) == ["a", "b", "b.urgent", "z"])
        #expect(definitions.policies.map(\.name) == plan.policies.map(\.name).sorted())
    }

    @Test func namesTheVirtualHostInEveryEntryOrNowhere() throws {
        let plan = BrokerPlan([first, second])
        let broker = try definitions(plan, virtualHost: "shop")
        #expect(broker.vhosts?.map(\.name) == ["shop"])
        let whole = broker.exchanges + broker.queues + broker.bindings + broker.policies
        #expect(whole.allSatisfy { $0.vhost == "shop" })
        let single = try definitions(plan)
        #expect((single.exchanges + single.queues + single.bindings + single.policies).allSatisfy { $0.vhost == nil })
    }
}
