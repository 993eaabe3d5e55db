import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// One order's whole way, with every program as a process of its own.
@Suite struct OrderWayTests {
    @Test func anOrderIsFoundPlacedConfirmedAndMailed() async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "40").0 == 0)
            try await shop.running {
                try await eventually("the catalog is searchable") {
                    let answer = try await shop.call("GET", "/api/search/products?q=a").json()
                    return answer["source"] as? String == "search" && answer["count"] as? Int ?? 0 > 0
                }
                let found = try await shop.call("GET", "/api/catalog/products?in_stock=true&page_size=1").json()
                let product = try #require((found["results"] as? [[String: Any]])?.first)
                let slug = try #require(product["slug"] as? String)
                let detail = try await shop.call("GET", "/api/catalog/products/\(slug)").json()
                let variants = try #require(detail["variants"] as? [[String: Any]])
                let variant = try #require(variants.first { $0["stock_quantity"] as? Int ?? 0 >= 2 } ?? variants.first)
                let id = try #require((variant["id"] as? String).flatMap(Int64.init))

                let token = try await shop.customer()
                let placed = try await shop.order([(id, 1)], token: token)
                #expect(placed.status == 201)
                let order = try placed.json()
                let number = try #require(order["order_number"] as? String)
                #expect(order["status"] as? String == "pending")
                #expect(order["subtotal_amount"] as? Int == variant["price_amount"] as? Int)

                try await eventually("the order is confirmed") {
                    try await shop.call("GET", "/api/orders/\(number)", token: token).json()["status"] as? String
                        == "confirmed"
                }
                try await eventually("both mails are there") { shop.mail.count() == 2 }
                let mails = try shop.mail.mails()
                let price = try #require(variant["price_amount"] as? Int)
                let amount = "\(price / 100).\(String(price % 100 + 100).dropFirst())"
                for mail in mails {
                    for part in [mail.text, mail.html] {
                        #expect(part.contains(number))
                        #expect(part.contains(amount))
                        #expect(part.contains(try #require(product["name"] as? String).prefix(8)))
                    }
                }
                #expect(Set(mails.map(\.id)).count == 2)
                #expect(
                    mails.contains { $0.id.contains("order_placed") || $0.subject.lowercased().contains("received") }
                )

                let stranger = try await shop.customer()
                #expect(try await shop.call("GET", "/api/orders/\(number)", token: stranger).status == 404)
                try await eventually("outbox and queues are empty", within: .seconds(60)) { try await shop.isIdle() }
            }
        }
    }

    @Test func twoRoundTripsAreAllThatACheckoutNeeds() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1_000)
            let api = try await shop.start(.api)
            let customer = try await shop.person(.customer)
            func roundTrips() async throws -> Double {
                let page = try await shop.metrics(api)
                return page["database_round_trips_total{node=\"primary\"}"] ?? -1
            }
            func perOrder(_ order: () async throws -> HTTPResponse) async throws -> Double {
                let before = try await roundTrips()
                for _ in 0..<10 { #expect(try await order().status == 201) }
                return (try await roundTrips() - before) / 10
            }
            // The outbox deletes what is published in round trips of its own: without a broker it stays still.
            shop.brokerProxy.cut()
            _ = try await shop.order([(variant.id, 1)], token: customer.token)
            let plain = try await perOrder { try await shop.order([(variant.id, 1)], token: customer.token) }
            // Readiness checks, once a second at most, may add one or two.
            #expect(plain >= 2 && plain < 2.5, "\(plain) round trips for an order")

            // From the cart, with shipping, taxes, a discount and a payment it is the same two.
            try await shop.pool.query("INSERT INTO shipping_prices VALUES ('express', 'GBP', 990, 100000)")
            try await shop.pool.query(
                """
                INSERT INTO tax_rates (name, country, rate_basis_points, is_included, taxes_shipping)
                VALUES ('VAT', 'GB', 2000, true, true)
                """
            )
            try await shop.pool.query(
                """
                INSERT INTO discounts (code, kind, basis_points, usage_limit, customer_limit)
                VALUES ('TENTH', 'percentage', 1000, 100, 100)
                """
            )
            let body =
                #"{"shipping_method":"express","discount_code":"TENTH","payment":{"method":"card","token":"tok_approve"},"#
                + #""shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}}"#
            let whole = try await perOrder {
                try await shop.pool.query(
                    "INSERT INTO cart_items (user_id, variant_id, quantity, price_amount) VALUES (\(customer.id), \(variant.id), 2, 1000)"
                )
                return try await shop.call("POST", "/api/orders", token: customer.token, body: body)
            }
            #expect(whole >= 2 && whole < 2.5, "\(whole) round trips for an order from the cart")
            #expect(
                try await shop.count(
                    "SELECT count(*) FROM orders WHERE total_amount = 2000 - 200 + 990 AND included_tax_amount = 465"
                )
                    == 10
            )
            try await api.process.stop()
        }
    }
}
