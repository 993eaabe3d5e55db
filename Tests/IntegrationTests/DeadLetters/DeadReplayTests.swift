import AMQP
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Bringing dead letters back.
@Suite struct DeadReplayTests {
    @Test func whatIsReplayedIsTheJobAsItWas() async throws {
        try await withGraveyard { shop, graveyard in
            let id = try await graveyard.bury(reason: "no stock")
            let other = try await graveyard.bury(reason: "no money")
            let (status, words) = try await shop.wharf("dead", "replay", "order.process", "--id", "\(id),nobody")
            #expect(status == 1)
            #expect(words.contains("not found  nobody is not in order.process.dead"))
            #expect(words.contains("replayed 1 of 1 message from order.process.dead"))
            let messages = try await graveyard.empty(Graveyard.queue)
            #expect(messages.map(\.properties.messageID) == [id])
            let properties = try #require(messages.first?.properties)
            #expect(properties.correlationID == "c-\(id)")
            #expect(properties.headers["x-wharf-idempotency-key"] == .string("k-\(id)"))
            #expect(properties.headers["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            #expect(properties.headers["x-wharf-attempt"] == 1)
            #expect(properties.headers["x-wharf-replays"] == "1")
            #expect(properties.headers["x-wharf-reason"] == nil)
            #expect(properties.deliveryMode == 2)
            // What the filter did not mean was handed out, and is where it was.
            #expect(try await graveyard.list().map { $0["id"] as? String } == [other])
            #expect(try await graveyard.audit() == [.init(action: "replay", counts: [1, 1, 0, 0], isFinished: true)])
        }
    }

    @Test func limitRateReasonAndDryRun() async throws {
        try await withGraveyard { shop, graveyard in
            var ids: [String] = []
            for _ in 1...4 { ids.append(try await graveyard.bury(reason: "no stock")) }
            let last = try await graveyard.bury(reason: "no money")
            let (dry, table) = try await shop.wharf("dead", "replay", "order.process", "--dry-run", "--reason", "stock")
            #expect(dry == 0)
            #expect(ids.allSatisfy(table.contains) && !table.contains(last))
            #expect(table.contains("dry run: 4 messages of order.process.dead would be replayed; nothing was moved"))
            #expect(try await shop.depth(Graveyard.dead) == 5)
            #expect(try await graveyard.audit() == [])

            let (limited, _) = try await shop.wharf("dead", "replay", "order.process.dead", "--limit", "2")
            #expect(limited == 0)
            #expect(try await graveyard.ids(in: Graveyard.queue) == ids[..<2].sorted())
            #expect(try await graveyard.list().map { $0["id"] as? String } == ids[2...] + [last])

            // The second of two at five a second cannot go before a fifth of a second has passed.
            let started = ContinuousClock.now
            let (paced, _) = try await shop.wharf(
                "dead",
                "replay",
                "order.process",
                "--rate",
                "5/s",
                "--reason",
                "no stock"
            )
            #expect(paced == 0)
            #expect(started.duration(to: .now) > .milliseconds(200))
            #expect(try await graveyard.ids(in: Graveyard.queue) == ids[2...].sorted())
            #expect(try await graveyard.list().map { $0["id"] as? String } == [last])
            #expect(
                try await graveyard.audit() == [
                    .init(action: "replay", counts: [2, 2, 0, 0], isFinished: true),
                    .init(action: "replay", counts: [2, 2, 0, 0], isFinished: true),
                ]
            )
        }
    }

    @Test func theCapRefusesAndForceOverrides() async throws {
        try await withGraveyard { shop, graveyard in
            let spent = try await graveyard.bury(replays: 3)
            let fresh = try await graveyard.bury(replays: 2)
            let (status, words) = try await shop.wharf("dead", "replay", "order.process")
            #expect(status == 1)
            #expect(words.contains("refused    \(spent) stays: it was replayed 3 times already; --force overrides"))
            #expect(words.contains("replayed 1 of 2 messages from order.process.dead, 1 refused"))
            #expect(try await graveyard.empty(Graveyard.queue).map(\.properties.messageID) == [fresh])
            #expect(try await shop.wharf("dead", "replay", "order.process", "--force").0 == 0)
            let forced = try await graveyard.empty(Graveyard.queue)
            #expect(forced.map(\.properties.messageID) == [spent])
            #expect(forced.first?.properties.headers["x-wharf-replays"] == "4")
            #expect(
                try await graveyard.audit() == [
                    .init(action: "replay", counts: [2, 1, 1, 0], isFinished: true),
                    .init(action: "replay", counts: [1, 1, 0, 0], isFinished: true),
                ]
            )
        }
    }

    @Test func whatNoQueueTakesStaysAndTheRestGoes() async throws {
        try await withGraveyard { shop, graveyard in
            let lost = try await graveyard.bury(routingKey: "order.nowhere")
            let good = try await graveyard.bury()
            let (status, words) = try await shop.wharf("dead", "replay", "order.process")
            #expect(status == 1)
            #expect(
                words.contains("failed     \(lost) stays: no queue takes messages with the routing key"),
                "\(words)"
            )
            #expect(words.contains("replayed 1 of 2 messages from order.process.dead, 1 failed"))
            #expect(try await graveyard.list().map { $0["id"] as? String } == [lost])
            #expect(try await graveyard.empty(Graveyard.queue).map(\.properties.messageID) == [good])
            let (_, text) = try await shop.wharf("dead", "show", lost)
            #expect(text.contains("would stay here: no queue file is bound for order.nowhere"))
            #expect(try await graveyard.audit() == [.init(action: "replay", counts: [2, 1, 0, 1], isFinished: true)])
        }
    }

    /// A job that dies again at once must not be replayed again by the same pass.
    @Test func whatArrivesDuringThePassIsNotTaken() async throws {
        try await withGraveyard { shop, graveyard in
            for _ in 1...4 { try await graveyard.bury() }
            let replay = try shop.launchTool(["dead", "replay", "order.process", "--rate", "2/s"])
            try await eventually("the first one is back") { try await shop.depth(Graveyard.queue) > 0 }
            let late = try await graveyard.bury()
            #expect(try await replay.ended() == 0)
            #expect(try await graveyard.list().map { $0["id"] as? String } == [late])
            #expect(try await graveyard.empty(Graveyard.queue).count == 4)
        }
    }

    @Test func ofTwoAtOnceTheSecondIsRefused() async throws {
        try await withGraveyard { shop, graveyard in
            for _ in 1...3 { try await graveyard.bury() }
            let first = try shop.launchTool(["dead", "replay", "order.process", "--rate", "1/s"])
            try await eventually("the first one has begun") { try await graveyard.audit().count == 1 }
            let (status, words) = try await shop.wharf("dead", "replay", "order.process")
            #expect(status == 1)
            #expect(
                words == "wharf: somebody else is looking through order.process.dead right now; "
                    + "try again when they are done\n"
            )
            #expect(try await shop.wharf("dead", "list", "email.send_order_confirmation").0 == 0)
            #expect(try await first.ended() == 0)
            #expect(try await graveyard.empty(Graveyard.queue).count == 3)
            #expect(try await graveyard.audit().count == 1)
        }
    }

    /// Killed between the broker's confirm and the ack of the dead copy, and run again: every order is confirmed once.
    @Test func aKilledReplayLosesNothingAndDoublesNoEffect() async throws {
        try await withGraveyard { shop, graveyard in
            let orders = 12
            let variant = try await shop.variant(stock: 100)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            for _ in 1...orders { #expect(try await shop.order([(variant.id, 1)], token: token).status == 201) }
            try await eventually("the jobs are published") { try await shop.depth(Graveyard.queue) == orders }
            try await api.process.stop()
            let jobs = try await graveyard.empty(Graveyard.queue)
            for job in jobs {
                var dead = job
                dead.properties.headers["x-wharf-reason"] = "the database was down"
                try await graveyard.publish(dead, to: Graveyard.dead)
            }

            let (killed, _) = try await shop.wharf(
                "dead",
                "replay",
                "order.process",
                environment: ["WHARF_FAILPOINT": "dead.mid-replay:3"]
            )
            #expect(killed == -SIGKILL)
            let (_, audit) = try await shop.wharf("dead", "audit")
            // What it had counted is written once a second.
            #expect(audit.contains(/replay +order\.process\.dead +- +[0-3] +[0-3] +0 +0 +-/), "\(audit)")
            // The broker takes back what the dead process held, all at once. Two of them were acked, but what a killed
            // process has just written need not arrive.
            try await eventually("the rest is back") { try await shop.depth(Graveyard.dead) >= orders - 2 }
            let left = try await shop.depth(Graveyard.dead)
            #expect(try await shop.depth(Graveyard.queue) >= 3)

            let (again, words) = try await shop.wharf("dead", "replay", "order.process")
            #expect(again == 0, "\(words)")
            #expect(try await shop.depth(Graveyard.dead) == 0)
            #expect(try await shop.depth(Graveyard.queue) > orders)
            try await shop.running([.relay, .email, .orders]) {
                try await eventually("every order is confirmed") {
                    guard try await shop.isIdle() else { return false }
                    return try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == orders
                }
            }
            #expect(try await shop.count("SELECT count(*) FROM order_events WHERE kind = 'confirmed'") == orders)
            #expect(try await shop.count("SELECT count(*) FROM mail_deliveries") == 2 * orders)
            #expect(try await shop.depth(Graveyard.dead) == 0)
            #expect(words.contains("replayed \(left) of \(left) messages from order.process.dead"), "\(words)")
            let entries = try await graveyard.audit()
            #expect(entries.map(\.isFinished) == [false, true])
            #expect(entries.last == .init(action: "replay", counts: [left, left, 0, 0], isFinished: true))
        }
    }
}
