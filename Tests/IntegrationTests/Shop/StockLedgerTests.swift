import Accounts
import Database
import Foundation
import HTTPClient
import Jobs
import Orders
import Outbox
import Postgres
import TestSupport
import Testing

/// Whatever changes a stock level leaves its line in the ledger.
@Suite struct StockLedgerTests {
    private struct Nobody: JobPublisher {
        func publish(_ envelope: JobEnvelope) async throws(JobPublishError) {}
        func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError) {}
    }

    private func reasons(_ shop: TestShop, sku: String) async throws -> [String] {
        try await shop.pool.query(
            """
            SELECT m.reason || ' ' || m.delta FROM stock_movements m JOIN product_variants v ON v.id = m.variant_id
            WHERE v.sku = \(sku) ORDER BY m.id
            """
        ).map { try $0.decode(0) }
    }

    private func importing(_ stock: [String: Int], _ shop: TestShop) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        let lines = stock.sorted { $0.key < $1.key }.map {
            "\($0.key),Lantern \($0.key),,Garden,Elm,500,EUR,\($0.value),https://example.com/l.jpg"
        }
        let header = "sku,name,description,category,brand,price_amount,currency,stock_quantity,image_url"
        try Data(([header] + lines).joined(separator: "\n").utf8).write(to: file)
        #expect(try await shop.wharf("catalog", "import", file.path).0 == 0)
    }

    @Test func linesAlwaysAddUpToLevels() async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "5").0 == 0)
            try await importing(["L-1": 7, "L-2": 0, "L-3": 9], shop)
            #expect(try await shop.variantsOutOfBalance() == [])
            try await importing(["L-1": 5, "L-2": 4, "L-3": 9], shop)
            #expect(try await reasons(shop, sku: "L-1") == ["import 7", "import -2"])
            #expect(try await reasons(shop, sku: "L-2") == ["import 4"])
            #expect(try await reasons(shop, sku: "L-3") == ["import 9"])

            let api = try await shop.start(.api)
            let lantern = try await shop.pool.query("SELECT id, product_id FROM product_variants WHERE sku = 'L-1'")[0]
            let (variant, product) = try lantern.decode(Int64.self, Int64.self)
            let customer = try await shop.customer()
            for quantity in [1, 2] {
                #expect(try await shop.order([(variant, quantity)], token: customer).status == 201)
            }
            #expect(try await shop.order([(variant, 3)], token: customer).status == 409)
            try await shop.pool.query("UPDATE orders SET created_at = now() - interval '25 hours'")
            try await expireOrders(shop)
            #expect(
                try await reasons(shop, sku: "L-1").suffix(4).sorted()
                    == ["expiry 1", "expiry 2", "order -1", "order -2"]
            )
            #expect(
                try await shop.count(
                    """
                    SELECT count(*) FROM stock_movements m JOIN orders o ON o.id = m.order_id
                    WHERE m.reason = 'expiry' OR m.actor_id = o.user_id
                    """
                ) == 4
            )
            #expect(try await shop.variantsOutOfBalance() == [])

            let admin = try await shop.person(.admin).token
            let edited = try await shop.call(
                "PATCH",
                "/api/catalog/products/\(product)",
                token: admin,
                body: #"""
                    {"variants":[{"sku":"L-1","price_amount":500,"stock_quantity":8},
                        {"sku":"L-4","price_amount":600,"stock_quantity":2}]}
                    """#
            )
            #expect(edited.status == 200)
            #expect(try await reasons(shop, sku: "L-1").last == "adjustment 3")
            #expect(try await reasons(shop, sku: "L-4") == ["initial 2"])
            let without = #"{"variants":[{"sku":"L-4","price_amount":600}]}"#
            let shortened = try await shop.call(
                "PATCH",
                "/api/catalog/products/\(product)",
                token: admin,
                body: without
            )
            #expect(shortened.status == 200)
            #expect(try await shop.variantsOutOfBalance() == [])
            #expect(try await shop.call("DELETE", "/api/catalog/products/\(product)", token: admin).status == 204)
            #expect(try await shop.variantsOutOfBalance() == [])
            // What is gone keeps its history.
            #expect(
                try await shop.count(
                    """
                    SELECT count(*) FROM stock_movements
                    WHERE variant_id = \(variant) AND note = 'removed from the catalog: L-1' AND delta = -8
                    """
                ) == 1
            )
            try await api.process.stop()
        }
    }

    /// The role of the API, and the owner of the table, may add lines and nothing else.
    @Test func linesStayAsTheyWereWritten() async throws {
        let database = try await TestDatabase.make()
        for url in [try database.apiURL, try database.ownerURL] {
            let pool = PostgresPool(.init(url: url, size: 1))
            try await pool.query("INSERT INTO stock_movements (variant_id, delta, reason) VALUES (1, 2, 'adjustment')")
            for statement: PostgresQuery in [
                "UPDATE stock_movements SET delta = 3", "DELETE FROM stock_movements", "TRUNCATE stock_movements",
                "INSERT INTO stock_movements (variant_id, delta, reason) VALUES (1, 0, 'adjustment')",
                "INSERT INTO stock_movements (variant_id, delta, reason) VALUES (1, -1, 'order')",
                "INSERT INTO stock_movements (variant_id, delta, reason) VALUES (1, -1, 'initial')",
            ] {
                await #expect(throws: PostgresError.self) { try await pool.query(statement) }
            }
            await pool.shutdown()
        }
        try await database.drop()
    }

    private func expireOrders(_ shop: TestShop) async throws {
        let pool = PostgresPool(.init(url: try shop.database.workerURL, size: 4))
        let database = Database(primary: pool)
        let cancel = CancelUnconfirmed(
            database: database,
            outbox: OutboxPublisher(database: database, publisher: Nobody())
        )
        #expect(try await cancel(pendingHours: 24) == 2)
        await pool.shutdown()
    }
}
