import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing
import Threading

/// The primary dies under load and a replica takes over.
@Suite(.serialized) struct FailoverTests {
    private struct Tally: Sendable {
        /// By idempotency key, the number that each 201 told.
        var placed: [String: String] = [:]
        /// Answers that were neither 201 nor 503 with `Retry-After`.
        var strange: [String] = []
        var refusals = 0
        var lastBefore: ContinuousClock.Instant?
        var firstAfter: ContinuousClock.Instant?
        var isPrimaryDead = false
        var isOver = false
    }

    /// Orders without pause; an order that was refused is repeated with its key, as a client does.
    private func customer(_ shop: TestShop, _ variant: Int64, _ token: String, _ tally: Lock<Tally>) async throws {
        while !tally.withLock({ $0.isOver }) {
            let key = UUID().uuidString
            try await eventually("an order is answered", within: .seconds(120), every: .milliseconds(20)) {
                let response = try await shop.order([(variant, 1)], token: token, key: key)
                let body = try response.json()
                return tally.withLock { tally in
                    switch response.status {
                    case 201:
                        tally.placed[key] = body["order_number"] as? String ?? ""
                        if tally.isPrimaryDead {
                            tally.firstAfter = tally.firstAfter ?? .now
                        } else {
                            tally.lastBefore = .now
                        }
                        return true
                    case 503 where response.headers["retry-after"] != nil: tally.refusals += 1
                    default:
                        tally.strange.append("\(response.status) \(String(decoding: response.body, as: UTF8.self))")
                    }
                    return false
                }
            }
        }
    }

    @Test func everyAnsweredOrderOutlivesItsPrimary() async throws {
        try await TestCluster.with(synchronous: .on) { cluster in
            try await TestShop.with(cluster) { shop in
                let variant = try await shop.variant(stock: 1_000_000)
                var programs: [RunningProgram] = []
                for program in TestShop.Program.allCases { programs.append(try await shop.start(program)) }
                let token = try await shop.customer()
                let healthy = try await shop.wharf("db", "check")
                #expect(healthy.0 == 0, "\(healthy.1)")

                let tally = Lock(Tally())
                let load = Task {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<8 { group.addTask { try await customer(shop, variant.id, token, tally) } }
                        try await group.waitForAll()
                    }
                }
                try await eventually("orders are placed") { tally.withLock { $0.placed.count } > 50 }
                try await cluster.kill("postgres")
                let killed = ContinuousClock.now
                tally.withLock { $0.isPrimaryDead = true }
                try await eventually("clients are refused") { tally.withLock { $0.refusals } > 0 }
                let missing = try await shop.wharf("db", "check")
                #expect(missing.0 == 1 && missing.1.contains("no node takes writes"), "\(missing.1)")
                let promoted = try await shop.wharf("db", "promote", "replica")
                #expect(promoted.0 == 0, "\(promoted.1)")
                let took = killed.duration(to: .now)
                try await eventually("orders are placed again") { tally.withLock { $0.placed.count } > 150 }
                tally.withLock { $0.isOver = true }
                try await load.value

                let (placed, strange, refusals, first) = tally.withLock {
                    ($0.placed, $0.strange, $0.refusals, $0.firstAfter)
                }
                let outage = first.map { killed.duration(to: $0) } ?? .zero
                print(
                    "failover: \(placed.count) orders, outage \(outage), of which killing to promoted \(took);",
                    "\(refusals) answers 503"
                )
                #expect(strange == [])
                #expect(Set(placed.values).count == placed.count)
                // Jobs that met the outage twice or three times wait on longer rungs.
                try await eventually("every job is done", within: .seconds(240)) { try await shop.isIdle() }
                let numbers = Array(placed.values)
                for (what, query) in [
                    ("orders", "SELECT count(*) FROM orders WHERE order_number = ANY(\(numbers)::text[])"),
                    (
                        "confirmed once",
                        """
                        SELECT count(*) FROM orders WHERE order_number = ANY(\(numbers)::text[]) AND status = 'confirmed'
                        """
                    ),
                    (
                        "first mails",
                        """
                        SELECT count(*) FROM mail_deliveries
                        WHERE order_number = ANY(\(numbers)::text[]) AND template = 'order_placed'
                        """
                    ),
                    (
                        "second mails",
                        """
                        SELECT count(*) FROM mail_deliveries
                        WHERE order_number = ANY(\(numbers)::text[]) AND template = 'order_confirmed'
                        """
                    ), ("orders in all", "SELECT count(*) FROM orders"),
                ] as [(String, PostgresQuery)] {
                    #expect(try await shop.count(query) == placed.count, "\(what)")
                }
                let stock = try await shop.count(
                    "SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant.id)"
                )
                #expect(stock == 1_000_000 - placed.count)
                #expect(try await shop.variantsOutOfBalance() == [])
                for queue in ["order.process", "email.send_order_confirmation"] {
                    #expect(try await shop.depth(queue + ".dead") == 0)
                }
                try await oldPrimaryTakesNoWrite(cluster, shop)
                for program in programs.reversed() { try await program.process.stop() }
            }
        }
    }

    /// Started past the fence it is a standby; brought back in order, it follows the new primary.
    private func oldPrimaryTakesNoWrite(_ cluster: TestCluster, _ shop: TestShop) async throws {
        func isRefused() async throws -> Bool {
            do {
                try await cluster.on("postgres", "CREATE TABLE split_brain (n int)")
                return false
            } catch let error as PostgresError where error.code == .connectFailed {
                throw error
            } catch let error as PostgresError {
                return error.isReadOnlyServer
            }
        }
        let server = try cluster.startByHand("postgres")
        try await eventually("the old primary answers") { (try? await isRefused()) != nil }
        #expect(try await isRefused())
        let unsuited = try await shop.wharf("db", "check")
        #expect(unsuited.0 == 1 && unsuited.1.contains("receives nothing"), "\(unsuited.1)")
        // SIGTERM would wait for the programs, which look at this node too.
        server.send(SIGINT)
        _ = try await server.ended()

        try await cluster.start("postgres")
        #expect(try await isRefused())
        let (status, output) = try await shop.wharf("db", "status", "--json")
        #expect(status == 0)
        let text = String(output)
        #expect(text.contains(#""role" : "replica""#) && text.contains(#""sync" : "sync""#), "\(text)")
        try await eventually("the cluster is well") { try await shop.wharf("db", "check").0 == 0 }
        let lost = try await cluster.on("postgres", "SELECT to_regclass('split_brain') IS NULL")[0][0]
        #expect(try lost.decode(0, as: Bool.self))
    }
}
