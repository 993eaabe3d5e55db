import Foundation
import Postgres
import TestSupport
import Testing
import Threading

/// Whatever many clients do at once, what must hold of a shop holds. `script/test --full` has more of them, and lets them
/// go on for longer, with a seed of its own that it prints.
@Suite struct ShopPropertyTests {
    private struct Form {
        let customers: Int
        let staff: Int
        let steps: Int
        let seed: UInt64
    }

    private var form: Form {
        TestEnvironment.isFull
            ? Form(customers: 24, staff: 6, steps: 150, seed: UInt64.random(in: 1...999_999))
            : Form(customers: 8, staff: 3, steps: 25, seed: 20_261_124)
    }

    @Test func whateverClientsDoTheBooksAreRight() async throws {
        let form = form
        print("ShopPropertyTests: \(form)")
        try await TestShop.with { shop in
            try await shop.running([.relay, .email, .search, .orders, .api]) {
                let second = try await shop.start(.orders)
                let life = try await LifeOfAShop(shop)
                let customers = try await life.customers(form.customers, seed: form.seed)
                try await withThrowingTaskGroup { group in
                    for customer in customers { group.addTask { try await life.live(customer, steps: form.steps) } }
                    for index in 0..<form.staff {
                        group.addTask { try await life.work(seed: form.seed &+ UInt64(index), steps: 4 * form.steps) }
                    }
                    try await group.waitForAll()
                }
                try await eventually("the shop is at rest", within: .seconds(240), every: .milliseconds(250)) {
                    // A refund that came before the capture waits for it outside of every queue's count.
                    let open = try await shop.count("SELECT count(*) FROM payment_operations WHERE NOT is_done")
                    if open > 0 { return false }
                    return try await shop.isIdle()
                }
                let answers = life.answers.withLock { $0 }
                print("ShopPropertyTests: \(answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" })")
                let surprises = life.surprises.withLock { $0 }
                #expect(surprises == [], "seed \(form.seed)")
                let violations = try await ShopInvariants(shop: shop).violations()
                #expect(violations == [], "seed \(form.seed)")
                for queue in ["order.process.dead", "payment.process.dead", "email.send_order_confirmation.dead"] {
                    #expect(try await shop.depth(queue) == 0)
                }
                // A test in which nothing happened would pass.
                for kind in ["confirmed", "shipped", "delivered", "cancelled", "refunded", "partially_refunded"] {
                    let count = try await shop.pool.query("SELECT FROM order_events WHERE kind = \(kind)").count
                    #expect(count > 0, "nothing was \(kind) (seed \(form.seed))")
                }
                second.process.send(SIGTERM)
                #expect(try await second.process.ended() == 0)
            }
        }
    }
}
