import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing
import Threading

/// Workers are replaced one after the other, as for a new version, while orders keep coming.
@Suite struct RollingRestartTests {
    /// All jobs are shorter than the grace period, which therefore cuts nothing off: nothing runs twice, neither what was
    /// running nor what was prefetched, and nothing comes back but what crosses with a cancellation.
    @Test func replacingWorkersCutsNothingOff() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1_000_000)
            try await shop.running([.relay, .api]) {
                let token = try await shop.customer()
                // So that the first workers find more than they can hold.
                var orders = 150
                for _ in 1...orders { #expect(try await shop.order([(variant.id, 1)], token: token).status == 201) }
                let isOver = Lock(false)
                let ordering = (1...3).map { _ in
                    Task {
                        var count = 0
                        while !isOver.withLock({ $0 }), count < 200 {
                            let answer = try await shop.order([(variant.id, 1)], token: token)
                            #expect(answer.status == 201)
                            count += 1
                        }
                        return count
                    }
                }
                var working: [TestShop.Program: RunningProgram] = [:]
                for _ in 0...replacements {
                    for program in [TestShop.Program.orders, .email] {
                        // Slow enough for a backlog, in which what is prefetched is always more than what runs.
                        let next = try await shop.start(program, ["WORKER_CONCURRENCY": "4"])
                        if let old = working.updateValue(next, forKey: program) { try await stop(old) }
                    }
                }
                isOver.withLock { $0 = true }
                for task in ordering { orders += try await task.value }
                try await settled(shop, orders: orders)
                for program in working.values { try await stop(program) }
                try await nothingWasCutOff(shop, orders: orders)
            }
        }
    }

    private let replacements = 4

    private func stop(_ program: RunningProgram) async throws {
        program.process.send(SIGTERM)
        let status = try await program.process.ended()
        #expect(status == 0, "\(program.process.output.suffix(2_000))")
    }

    /// Everything is done, and once.
    private func settled(_ shop: TestShop, orders: Int) async throws {
        try await eventually("\(orders) orders are confirmed and mailed", within: .seconds(120)) {
            try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == orders
                && shop.mail.count() >= 2 * orders
        }
        try await eventually("outbox and queues are empty") { try await shop.isIdle() }
        #expect(try await shop.count("SELECT count(*) FROM order_events WHERE kind = 'confirmed'") == orders)
        #expect(try await shop.count("SELECT count(*) FROM mail_deliveries") == 2 * orders)
        #expect(shop.mail.count() == 2 * orders)
    }

    private func nothingWasCutOff(_ shop: TestShop, orders: Int) async throws {
        for (queue, jobs) in [("order.process", orders), ("email.send_order_confirmation", 2 * orders)] {
            // The broker's statistics lag behind what it does, and under load miss the last acks of a channel that closes.
            try await eventually("the broker has counted the acks of \(queue)", within: .seconds(120)) {
                let settlements = try shop.broker.settlements(queue)
                return settlements.unsettled == 0 && settlements.acked >= jobs / 2
            }
            let settlements = try shop.broker.settlements(queue)
            // A trickle does not fill a worker's window; then a delivery that the broker makes in the moments in which it
            // carries out the cancellation comes back.
            #expect(settlements.redelivered <= replacements + 1, "in \(queue)")
            for suffix in [".dead", ".suspect"] { #expect(try await shop.depth(queue + suffix) == 0) }
            #expect(try shop.broker.settlements(queue + ".suspect").acked == 0)
        }
    }
}
