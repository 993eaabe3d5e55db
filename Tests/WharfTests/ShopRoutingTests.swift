import Jobs
import Messages
import Testing
import Topology

@Suite struct ShopRoutingTests {
    @Test func theQueueFilesTakeAllThatTheShopPublishes() throws {
        let topology = try Topology.load(directory: "queues")
        #expect(topology.unbound(ShopRouting.keys) == [])
    }

    /// Else the queue of one would count as a lane of the other, and be worked by a program without a handler for it.
    @Test func noJobsNameIsALaneOfAnotherOne() {
        let names = ShopRouting.jobs.map { $0.name }
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(!names.contains { $0.hasPrefix("\(name).") })
        }
    }
}
