import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Carts, shipping, taxes and discounts through the API.
@Suite struct CheckoutTermsTests {
    private static let address =
        #""shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1 2AB","country":"GB"}"#

    /// What stands in an order's body beside the address.
    private func call(
        _ path: String,
        _ fields: String,
        _ shop: TestShop,
        token: String
    ) async throws -> HTTPResponse {
        let body = "{\(fields.isEmpty ? "" : fields + ",")\(Self.address)}"
        return try await shop.call("POST", path, token: token, body: body)
    }

    private func create(_ path: String, _ body: String, _ shop: TestShop, admin: String) async throws -> [String: Any] {
        let response = try await shop.call("POST", "/api/admin/\(path)", token: admin, body: body)
        try #require(response.status == 201, "\(String(decoding: response.body, as: UTF8.self))")
        return try response.json()
    }

    private func field(_ response: HTTPResponse) throws -> String {
        let errors = try response.json()["errors"] as? [[String: Any]]
        let first = errors?.first
        return "\(response.status) \(first?["field"] ?? "") \(first?["message"] ?? "")"
    }

    private func slug(_ response: HTTPResponse) throws -> String {
        "\(response.status) \(try response.json()["type"] as? String ?? "")"
    }

    private func fillCart(_ lines: [(Int64, Int)], of user: Int64, _ shop: TestShop) async throws {
        for (variant, quantity) in lines {
            try await shop.pool.query(
                """
                INSERT INTO cart_items (user_id, variant_id, quantity, price_amount)
                SELECT \(user), id, \(quantity), price_amount FROM product_variants WHERE id = \(variant)
                """
            )
        }
    }

    private static let amounts = [
        "subtotal_amount", "tax_amount", "included_tax_amount", "shipping_amount", "discount_amount", "total_amount",
    ]

    private func amounts(_ body: [String: Any]) -> [Int] { Self.amounts.map { body[$0] as? Int ?? -1 } }

    @Test func aCartIsOrderedAtTheQuotedPrice() async throws {
        try await TestShop.with { shop in
            let (mug, pen) = (
                try await shop.variant(stock: 10, price: 1_050), try await shop.variant(stock: 10, price: 99)
            )
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let customer = try await shop.person(.customer)
            _ = try await create(
                "shipping-methods",
                #"{"code":"post","name":"Post","prices":[{"currency":"GBP","price_amount":490,"free_from_amount":5000}],"#
                    + #""countries":["GB"],"minimum_days":2,"maximum_days":4}"#,
                shop,
                admin: admin
            )
            for rate in [
                #""name":"VAT","country":"GB","rate_basis_points":2000,"is_included":true,"taxes_shipping":true"#,
                #""name":"Levy","country":"GB","postal_prefix":"HU1","category":"tests","rate_basis_points":500,"is_included":false"#,
                #""name":"Elsewhere","country":"GB","postal_prefix":"SW1","rate_basis_points":9000,"is_included":true"#,
            ] {
                _ = try await create("tax-rates", "{\(rate)}", shop, admin: admin)
            }
            let discount = try await create(
                "discounts",
                #"{"code":"spring-10","kind":"percentage","basis_points":1000,"currency":"GBP","minimum_amount":2000}"#,
                shop,
                admin: admin
            )
            #expect(discount["code"] as? String == "SPRING-10")

            let terms = #""shipping_method":"post","discount_code":"Spring-10""#
            #expect(
                try slug(await call("/api/orders", terms, shop, token: customer.token)) == "409 /problems/cart-empty"
            )
            try await fillCart([(mug.id, 2), (pen.id, 1)], of: customer.id, shop)

            // 21.99; a tenth of it is 2.199; the levy is 5 % of each line less its part: 18.90 → 0.945, 0.89 → 0.0445;
            // of the shipping, a sixth is VAT.
            let expected = [2_199, 95 + 4, 82, 490, 220, 2_199 + 99 + 490 - 220]
            let quote = try await call("/api/orders/quote", terms, shop, token: customer.token)
            #expect(quote.status == 200)
            #expect(amounts(try quote.json()) == expected)

            let changed = terms + #","expected_total_amount":\#(expected[5] + 1)"#
            let refused = try await call("/api/orders", changed, shop, token: customer.token)
            #expect(try slug(refused) == "409 /problems/price-changed")
            #expect(try refused.json()["total_amount"] as? Int == expected[5])

            let exact = terms + #","expected_total_amount":\#(expected[5])"#
            let placed = try await call("/api/orders", exact, shop, token: customer.token)
            #expect(placed.status == 201)
            let order = try placed.json()
            #expect(amounts(order) == expected)
            #expect((order["items"] as? [[String: Any]])?.map { $0["sku"] as? String } == [mug.sku, pen.sku])
            let taxLines = try #require(order["tax_lines"] as? [[String: Any]])
            #expect(taxLines.map { $0["name"] as? String } == ["Levy", "VAT"])
            #expect(taxLines.map { $0["taxable_amount"] as? Int } == [1_979, 490])

            // Read again it is the same, and the cart is empty.
            let number = try #require(order["order_number"] as? String)
            let again = try await shop.call("GET", "/api/orders/\(number)", token: customer.token)
            let detail = try again.json()
            for (name, value) in order { #expect(detail[name] as? NSObject == value as? NSObject, "\(name)") }
            #expect(try await shop.count("SELECT count(*) FROM cart_items") == 0)
            #expect(
                try await shop.count(
                    """
                    SELECT count(*) FROM orders o JOIN (
                        SELECT order_id, sum(discount_amount) AS discount, sum(total_amount) AS total
                        FROM order_items GROUP BY order_id
                    ) i ON i.order_id = o.id WHERE o.discount_amount = i.discount AND o.subtotal_amount = i.total
                    """
                ) == 1
            )

            // What is not for sale any more is named, and nothing is ordered.
            try await fillCart([(mug.id, 1)], of: customer.id, shop)
            try await shop.pool.query(
                "UPDATE products SET status = 'archived' WHERE id = (SELECT product_id FROM product_variants WHERE id = \(mug.id))"
            )
            let stale = try await call("/api/orders", "", shop, token: customer.token)
            #expect(try slug(stale) == "409 /problems/cart-stale")
            #expect(try stale.json()["stale"] as? [String] == ["\(mug.id)"])
            #expect(try await shop.count("SELECT count(*) FROM cart_items") == 1)
            try await api.process.stop()
        }
    }

    @Test func whatDoesNotFitIsNamed() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let token = try await shop.customer()
            let items = #""items":[{"variant_id":"\#(variant.id)","quantity":1}]"#
            func refusal(_ fields: String) async throws -> String {
                try field(await call("/api/orders", "\(items),\(fields)", shop, token: token))
            }
            #expect(
                try await refusal(#""shipping_method":"pigeon""#)
                    == "422 shipping_method is not the code of a shipping method"
            )
            _ = try await create(
                "shipping-methods",
                #"{"code":"ferry","name":"Ferry","countries":["IS"],"minimum_days":1,"maximum_days":9}"#,
                shop,
                admin: admin
            )
            #expect(
                try await refusal(#""shipping_method":"ferry""#)
                    == "422 shipping_method is not offered for this address and currency"
            )
            #expect(try await refusal(#""discount_code":"NONE""#) == "422 discount_code is not known")
            _ = try await create(
                "discounts",
                #"{"code":"OLD","kind":"free_shipping","ends_at":"2020-01-01T00:00:00Z"}"#,
                shop,
                admin: admin
            )
            #expect(try await refusal(#""discount_code":"OLD""#) == "422 discount_code is not valid any more")
            #expect(
                try await refusal(#""payment":{"method":"card","token":"tok_nobody"}"#).hasPrefix("422 payment.token")
            )

            // Public, by country.
            let ways = try await shop.call("GET", "/api/orders/shipping-methods?country=GB")
            let codes = try JSONSerialization.jsonObject(with: Data(ways.body)) as? [[String: Any]]
            #expect(codes?.map { $0["code"] as? String } == ["standard", "express"])
            #expect(try await shop.call("GET", "/api/orders/shipping-methods?country=gb").status == 422)

            // What admins keep.
            let discounts = "/api/admin/discounts"
            let twice = try await shop.call(
                "POST",
                discounts,
                token: admin,
                body: #"{"code":"old","kind":"free_shipping"}"#
            )
            #expect(try slug(twice) == "409 /problems/code-taken")
            let half = try await shop.call("POST", discounts, token: admin, body: #"{"code":"X","kind":"fixed"}"#)
            #expect(try field(half).hasPrefix("422 amount"))
            #expect(try await shop.call("GET", discounts, token: token).status == 403)
            #expect(
                try slug(await shop.call("DELETE", "/api/admin/shipping-methods/standard", token: admin))
                    == "409 /problems/is-needed"
            )
            let ferry = "/api/admin/shipping-methods/ferry"
            let changed = #"{"name":"Boat","minimum_days":2,"maximum_days":3}"#
            #expect(try await shop.call("PUT", ferry, token: admin, body: changed).json()["name"] as? String == "Boat")
            #expect(try await shop.call("DELETE", ferry, token: admin).status == 204)
            #expect(try await shop.call("GET", ferry, token: admin).status == 404)
            let rate = #"{"name":"VAT","country":"DE","rate_basis_points":1900,"is_included":true}"#
            let created = try await create("tax-rates", rate, shop, admin: admin)
            let again = try await shop.call("POST", "/api/admin/tax-rates", token: admin, body: rate)
            #expect(try slug(again) == "409 /problems/code-taken")
            let id = try #require(created["id"] as? String)
            #expect(try await shop.call("PUT", "/api/admin/tax-rates/\(id)", token: admin, body: rate).status == 200)
            #expect(try await shop.call("DELETE", "/api/admin/tax-rates/\(id)", token: admin).status == 204)
            try await api.process.stop()
        }
    }

    @Test func aLimitHolds() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1_000)
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let five = try await create(
                "discounts",
                #"{"code":"FIVE","kind":"fixed","amount":100,"currency":"GBP","usage_limit":5}"#,
                shop,
                admin: admin
            )
            _ = try await create(
                "discounts",
                #"{"code":"ONCE","kind":"percentage","basis_points":500,"customer_limit":1}"#,
                shop,
                admin: admin
            )
            let items = #""items":[{"variant_id":"\#(variant.id)","quantity":1}]"#
            func race(_ code: String, by tokens: [String]) async throws -> [Int] {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for token in tokens {
                        group.addTask {
                            let fields = #"\#(items),"discount_code":"\#(code)""#
                            return try await call("/api/orders", fields, shop, token: token).status
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let tokens = try await [
                shop.customer(), shop.customer(), shop.customer(), shop.customer(), shop.customer(),
            ]
            let statuses = try await race("FIVE", by: (0..<50).map { tokens[$0 % 5] })
            #expect(statuses.count { $0 == 201 } == 5)
            #expect(statuses.count { $0 == 422 } == 45)
            #expect(try await shop.count("SELECT used_count::bigint FROM discounts WHERE code = 'FIVE'") == 5)
            #expect(try await race("ONCE", by: Array(repeating: tokens[0], count: 10)).count { $0 == 201 } == 1)
            #expect(try await shop.count("SELECT count(*) FROM discount_redemptions") == 6)
            // Nobody who was refused has an order, or its stock.
            #expect(try await shop.count("SELECT count(*) FROM orders") == 6)
            #expect(
                try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant.id)")
                    == 994
            )

            let id = try #require(five["id"] as? String)
            let lower = #"{"code":"FIVE","kind":"fixed","amount":100,"currency":"GBP","usage_limit":4}"#
            let refused = try await shop.call("PUT", "/api/admin/discounts/\(id)", token: admin, body: lower)
            #expect(try slug(refused) == "409 /problems/limit-below-uses")
            #expect(
                try slug(await shop.call("DELETE", "/api/admin/discounts/\(id)", token: admin))
                    == "409 /problems/in-use"
            )
            try await api.process.stop()
        }
    }
}
