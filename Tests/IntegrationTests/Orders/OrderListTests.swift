import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Lists and the export of orders, over thousands of rows.
@Suite struct OrderListTests {
    private static let rows = 3_000

    /// Orders of two customers, one a minute, every third of them Bob's; every tenth was shipped, by a carrier whose name
    /// a spreadsheet would run.
    private func fill(_ shop: TestShop, ada: Int64, bob: Int64, variant: Int64) async throws {
        try await shop.pool.query(
            """
            WITH placed AS (
                INSERT INTO orders (id, order_number, user_id, status, currency, subtotal_amount, tax_amount,
                    shipping_amount, discount_amount, total_amount, shipping_address, idempotency_key, created_at,
                    carrier, tracking_number, shipped_at)
                SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid,
                    'W-260101-' || lpad(n::text, 8, '0'), CASE WHEN n % 3 = 0 THEN \(bob)::bigint ELSE \(ada)::bigint END,
                    CASE WHEN n % 10 = 0 THEN 'shipped' ELSE 'confirmed' END, 'GBP', n, 0, 0, 0, n,
                    '{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}', 'k' || n,
                    timestamptz '2026-01-01 00:00:00Z' + n * interval '1 minute',
                    CASE WHEN n % 10 = 0 THEN '=HYPERLINK("http://evil.example","Snail")' END,
                    CASE WHEN n % 10 = 0 THEN 'SN-' || n END, CASE WHEN n % 10 = 0 THEN now() END
                FROM generate_series(1, \(Self.rows)::int) AS n RETURNING id, total_amount
            )
            INSERT INTO order_items (order_id, line, variant_id, sku, product_name, variant_name, unit_price_amount,
                quantity, total_amount)
            SELECT id, 1, CASE WHEN total_amount % 100 = 0 THEN \(variant)::bigint END,
                CASE WHEN total_amount % 100 = 1 THEN 'GONE-1' ELSE 'OTHER' END, 'Mug', 'Blue', total_amount, 1,
                total_amount
            FROM placed
            """
        )
    }

    @Test func listsAreFilteredSortedPagedAndExported() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin)
            let ada = try await shop.person(.customer)
            let bob = try await shop.person(.customer)
            try await fill(shop, ada: ada.id, bob: bob.id, variant: variant.id)
            try await own(shop, ada, bob)
            try await everybodys(shop, admin.token, ada.id, sku: variant.sku)
            try await statements(shop, api, admin.token, ada.token)
            try await export(shop, admin.token, ada)
            try await api.process.stop()
        }
    }

    private func count(_ shop: TestShop, _ path: String, _ token: String) async throws -> Int {
        let answer = try await shop.call("GET", path, token: token)
        #expect(answer.status == 200, "\(path)")
        return try answer.json()["count"] as? Int ?? -1
    }

    private func own(_ shop: TestShop, _ ada: Person, _ bob: Person)
        async throws
    {
        #expect(try await count(shop, "/api/orders", ada.token) == 2_000)
        #expect(try await count(shop, "/api/orders", bob.token) == 1_000)
        #expect(try await count(shop, "/api/orders?status=shipped", ada.token) == 200)
        #expect(try await count(shop, "/api/orders?status=shipped,confirmed", ada.token) == 2_000)
        // A filter for staff is none of a customer's: it is not heeded.
        #expect(try await count(shop, "/api/orders?customer=\(bob.id)", ada.token) == 2_000)
        let day = "placed_from=2026-01-01T00:00:00Z&placed_before=2026-01-01T01:00:00Z"
        #expect(try await count(shop, "/api/orders?\(day)", ada.token) == 40)
        for bad in ["status=lost", "placed_from=yesterday", "sort=name", "page_size=101", "page=0"] {
            #expect(try await shop.call("GET", "/api/orders?\(bad)", token: ada.token).status == 422, "\(bad)")
        }
        // Pages share no order and leave none out, newest first.
        var seen: [String] = []
        for page in 1...20 {
            let results = try await shop.call("GET", "/api/orders?page=\(page)&page_size=100", token: ada.token)
                .results()
            seen += results.compactMap { $0["order_number"] as? String }
            #expect(results.allSatisfy { $0["customer_id"] == nil })
        }
        #expect(seen.count == 2_000 && Set(seen).count == 2_000)
        #expect(seen == seen.sorted(by: >))
        #expect(try await shop.call("GET", "/api/admin/orders", token: ada.token).status == 403)
        #expect(try await shop.call("GET", "/api/admin/orders.csv", token: ada.token).status == 403)
    }

    private func everybodys(_ shop: TestShop, _ admin: String, _ ada: Int64, sku: String) async throws {
        let email: String = try await shop.pool.query("SELECT email FROM users WHERE id = \(ada)")[0].decode(0)
        let filters: [(String, Int)] = [
            ("", 3_000), ("status=shipped", 300), ("payment_status=none", 3_000), ("payment_status=paid", 0),
            ("customer=\(ada)", 2_000), ("customer=\(email)", 2_000), ("customer=nobody@example.com", 0),
            ("number=w-260101-000029", 100), ("min_total=2901&max_total=2950", 50), ("sku=\(sku)", 30),
            ("sku=GONE-1", 30),
            ("placed_before=2026-01-01T00:10:00Z&status=confirmed", 9),
            ("customer=\(ada)&status=shipped&sku=\(sku)", 20),
        ]
        for (filter, expected) in filters {
            #expect(try await count(shop, "/api/admin/orders?\(filter)", admin) == expected, "\(filter)")
        }
        for (sort, first) in [("newest", 3_000), ("oldest", 1), ("total", 1), ("-total", 3_000)] {
            let results = try await shop.call("GET", "/api/admin/orders?page_size=2&sort=\(sort)", token: admin)
                .results()
            #expect(results.first?["total_amount"] as? Int == first, "\(sort)")
        }
        #expect(try await shop.call("GET", "/api/admin/orders?min_total=5&max_total=4", token: admin).status == 422)
    }

    /// However many rows a page has, the statements are the same.
    private func statements(_ shop: TestShop, _ api: RunningProgram, _ admin: String, _ ada: String) async throws {
        for (path, token) in [("/api/orders", ada), ("/api/admin/orders", admin)] {
            var counts: [Int] = []
            for size in [1, 100] {
                counts.append(
                    try await shop.statements(of: api) {
                        let results = try await shop.call("GET", "\(path)?page_size=\(size)", token: token).results()
                        #expect(results.count == size)
                    }
                )
            }
            #expect(counts[0] == counts[1], "\(path): \(counts)")
        }
    }

    private func export(_ shop: TestShop, _ admin: String, _ ada: Person) async throws {
        let all = try await shop.call("GET", "/api/admin/orders.csv", token: admin)
        #expect(all.status == 200)
        #expect(all.headers["content-type"] == "text/csv; charset=utf-8; header=present")
        let lines = String(decoding: all.body, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.count == Self.rows + 2, "a header, the rows, and the end of the last line")
        #expect(lines[0].hasPrefix("order_number,status,payment_status,customer_email,placed_at,currency,"))
        #expect(lines[1].hasPrefix("W-260101-00003000,shipped,none,"))
        #expect(lines[1].contains(#","'=HYPERLINK(""http://evil.example"",""Snail"")",SN-3000,"#))
        #expect(Set(lines.dropFirst().map { $0.prefix(17) }).count == Self.rows + 1, "no order twice")
        let some = try await shop.call("GET", "/api/admin/orders.csv?customer=\(ada.id)&status=shipped", token: admin)
        #expect(String(decoding: some.body, as: UTF8.self).components(separatedBy: "\r\n").count == 202)
        #expect(try await shop.call("GET", "/api/admin/orders.csv?status=lost", token: admin).status == 422)
    }
}
