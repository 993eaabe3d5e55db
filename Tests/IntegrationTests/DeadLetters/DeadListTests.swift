import AMQP
import Foundation
import TestSupport
import Testing
import Topology

/// Looking at dead letters.
@Suite struct DeadListTests {
    /// Each look hands every message out and takes it back; thirty of them are more than any delivery limit.
    @Test func lookingThirtyTimesMovesAndLosesNothing() async throws {
        try await withGraveyard { shop, graveyard in
            var ids: [String] = []
            for number in 1...7 { ids.append(try await graveyard.bury(reason: "number \(number)")) }
            for _ in 1...30 {
                #expect(try await graveyard.list().map { $0["id"] as? String } == ids)
                #expect(try await shop.depth(Graveyard.dead) == 7)
            }
            let (status, text) = try await shop.wharf("dead", "show", ids[6], "--queue", Graveyard.dead)
            #expect(status == 0 && text.contains("number 7"), "\(text)")
            #expect(try await graveyard.empty(Graveyard.queue).isEmpty)
            #expect(try await graveyard.empty(Graveyard.dead).map(\.properties.messageID) == ids)
        }
    }

    @Test func filtersAndColumns() async throws {
        try await withGraveyard { shop, graveyard in
            let now = Date()
            let old = try await graveyard.bury(reason: "no stock", failedAt: now - 7_200)
            let new = try await graveyard.bury(reason: "No payment", errorType: "Unpaid", replays: 2)
            let other = try await graveyard.bury(job: "order.other", reason: "no stock")
            func ids(_ arguments: String...) async throws -> [String?] {
                let process = try shop.launchTool(["dead", "list", Graveyard.dead, "--json"] + arguments)
                try await process.ended()
                let rows = try JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [[String: Any]]
                return (rows ?? []).map { $0["id"] as? String }
            }
            #expect(try await ids() == [old, new, other])
            #expect(try await ids("--since", "1h") == [new, other])
            #expect(try await ids("--since", (now - 7_300).formatted(.iso8601), "--limit", "2") == [old, new])
            #expect(try await ids("--reason", "no p") == [new])
            #expect(try await ids("--error-type", "OutOfStock", "--job", "order.process") == [old])
            #expect(try await ids("--job", "nothing") == [])

            let row = try #require(try await graveyard.list("--reason", "payment").first)
            #expect(row["job"] as? String == "order.process")
            #expect(row["reason"] as? String == "No payment")
            #expect(row["error_type"] as? String == "Unpaid")
            #expect(row["attempts"] as? Int == 8)
            #expect(row["worker"] as? String == "host:1")
            #expect(row["routing_key"] as? String == "order.process")
            #expect(row["replays"] as? Int == 2)
            #expect((row["first_failure"] as? String ?? "") < (row["last_failure"] as? String ?? ""))

            let (_, table) = try await shop.wharf("dead", "list", "order.process")
            #expect(table.split(separator: "\n").count == 4)
            #expect(table.hasPrefix("ID"))
            let (_, summary) = try await shop.wharf("dead", "list")
            #expect(summary.contains(/order\.process\.dead +2  OutOfStock +no stock/), "\(summary)")
            #expect(summary.contains(/order\.process\.dead +1  Unpaid +No payment/), "\(summary)")
        }
    }

    @Test func showsAllAboutOne() async throws {
        try await withGraveyard { shop, graveyard in
            let id = try await graveyard.bury(reason: "no stock\u{1B}[31m", replays: 3)
            try await graveyard.bury()
            let (status, text) = try await shop.wharf("dead", "show", id)
            #expect(status == 0)
            for part in [
                "c-\(id)", "k-\(id)", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "no stock?[31m",
                "refused: it was replayed 3 times already", #""order_number" : "W-0""#, "host:1",
            ] {
                #expect(text.contains(part), "\(part) is not in \(text)")
            }
            #expect(!text.contains("\u{1B}"))
            let (missing, words) = try await shop.wharf("dead", "show", "nobody")
            #expect(missing == 1)
            let dead = try Topology.load(directory: "queues").queues.map(\.deadQueue)
            #expect(words.contains("no dead letter has the id nobody in \(dead.joined(separator: ", "))"))
        }
    }

    /// The broker's own dead letters carry x-death alone.
    @Test func theBrokersLettersHaveAReason() async throws {
        try await withGraveyard { shop, graveyard in
            try await graveyard.kill(in: "order.process.suspect", id: "killer")
            let row = try #require(try await graveyard.list().first)
            #expect(row["id"] as? String == "killer")
            #expect(row["job"] as? String == "order.process")
            #expect(
                row["reason"] as? String == "killed its worker 6 times: delivery limit of order.process.suspect"
            )
            #expect(row["error_type"] as? String == "DeliveryLimit")
            #expect(row["routing_key"] as? String == "order.process")
            #expect((row["last_failure"] as? String ?? "").hasPrefix("20"))
            let (_, text) = try await shop.wharf("dead", "show", "killer")
            #expect(text.contains("delivery_limit in order.process.suspect at 20"), "\(text)")
            let (status, words) = try await shop.wharf("dead", "replay", "order.process", "--id", "killer")
            #expect(status == 0, "\(words)")
            let message = try #require(try await graveyard.empty(Graveyard.queue).first)
            #expect(message.properties.messageID == "killer")
            let headers = message.properties.headers
            #expect(headers.keys.allSatisfy { !$0.contains("death") })
            // On its first delivery the broker says 0, by itself.
            #expect([nil, 0].contains(headers["x-delivery-count"]?.intValue))
        }
    }
}

extension Graveyard {
    /// Has a queue hand a message out to consumers that vanish, until the broker has had enough.
    func kill(in queue: String, id: String) async throws {
        var properties = AMQPProperties()
        properties.messageID = id
        properties.type = Self.queue
        properties.deliveryMode = 2
        try await publish(AMQPMessage(body: Array("{}".utf8), properties: properties), to: queue)
        var deliveries = 0
        try await eventually("the message is dead") {
            let session = try await shop.broker.session()
            if try await session.get(queue) != nil { deliveries += 1 }
            await session.close()
            return try await shop.depth(Self.dead) == 1
        }
        // What the tool says is the broker's count.
        #expect(deliveries == 6)
    }
}
