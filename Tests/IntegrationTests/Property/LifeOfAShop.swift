import Accounts
import Foundation
import HTTPClient
import Postgres
import Randomness
import TestSupport
import Threading

/// A shop under random load: customers who fill carts, order and think better of it, and staff who ship, deliver, refund
/// and count the shelves, all at once against real processes.
///
/// What each of them does is drawn from the seed; how it interleaves is the machine's choice.
struct LifeOfAShop {
    struct Customer: Sendable {
        let token: String
        let seed: UInt64
    }

    static let codes = ["FEW", "HALF", "FREE"]
    static let cards = ["tok_approve", "tok_approve", "tok_approve", "tok_decline", "tok_transient"]

    let shop: TestShop
    let variants: [Int64]
    let admin: String
    /// Orders that were answered 201, for whoever wants to do something with one.
    let orders = Lock<[String]>([])
    /// What was answered, by what was asked: a look at it tells whether the test does what it means to.
    let answers = Lock<[String: Int]>([:])
    /// Answers that nobody should get.
    let surprises = Lock<[String]>([])

    init(_ shop: TestShop) async throws {
        self.shop = shop
        var variants: [Int64] = []
        // Scarce enough that customers race for the last units.
        for stock in [3, 10, 40, 200] { variants.append(try await shop.variant(stock: stock, price: 1_234).id) }
        self.variants = variants
        admin = try await shop.person(.admin).token
        try await shop.pool.query(
            """
            INSERT INTO discounts (code, kind, basis_points, amount, currency, usage_limit, customer_limit) VALUES
                ('FEW', 'percentage', 1500, NULL, NULL, 7, 2), ('HALF', 'percentage', 5000, NULL, NULL, 20, NULL),
                ('FREE', 'fixed', NULL, 500, 'GBP', NULL, 3)
            """
        )
        try await shop.pool.query(
            """
            INSERT INTO tax_rates (name, country, rate_basis_points, is_included, taxes_shipping)
            VALUES ('VAT', 'GB', 2000, false, true)
            """
        )
    }

    func customers(_ count: Int, seed: UInt64) async throws -> [Customer] {
        var customers: [Customer] = []
        for index in 0..<count {
            customers.append(Customer(token: try await shop.customer(), seed: seed &+ UInt64(index) &* 7_919))
        }
        return customers
    }

    // MARK: Customers

    func live(_ customer: Customer, steps: Int) async throws {
        var dice = SplitMix64(seed: customer.seed)
        var mine: [String] = []
        for _ in 0..<steps {
            switch dice.below(10) {
            case 0, 1, 2: try await order(&dice, customer, &mine, fromCart: false)
            case 3: try await order(&dice, customer, &mine, fromCart: true)
            case 4, 5: try await fillCart(&dice, customer)
            case 6, 7: try await changeCart(&dice, customer)
            case 8:
                guard !mine.isEmpty else { continue }
                let path = "/api/orders/\(dice.pick(mine))/cancel"
                try await ask("cancel", [200, 202, 409], "POST", path, customer.token)
            default:
                try await ask("list", [200], "GET", "/api/orders?status=shipped,cancelled", customer.token)
            }
        }
    }

    private func order(
        _ dice: inout SplitMix64,
        _ customer: Customer,
        _ mine: inout [String],
        fromCart: Bool
    ) async throws {
        var body: [String: Any] = [
            "shipping_address": ["line1": "1 Quay", "city": "Hull", "postal_code": "HU1", "country": "GB"],
            "shipping_method": dice.pick(["standard", "express"]),
        ]
        if !fromCart {
            body["items"] = (0...dice.below(2)).map { _ in
                ["variant_id": String(dice.pick(variants)), "quantity": 1 + dice.below(3)] as [String: Any]
            }
        }
        if dice.below(3) == 0 { body["discount_code"] = dice.pick(Self.codes) }
        if dice.below(4) > 0 { body["payment"] = ["method": "card", "token": dice.pick(Self.cards)] }
        let name = fromCart ? "order the cart" : "order"
        // 409: short of stock, or a code that is used up; 422: an empty cart, or a code that does not fit.
        let json = try JSONSerialization.data(withJSONObject: body)
        let answer = try await ask(
            name,
            [201, 409, 422],
            "POST",
            "/api/orders",
            customer.token,
            String(decoding: json, as: UTF8.self)
        )
        guard answer.status == 201, let number = try answer.json()["order_number"] as? String else { return }
        mine.append(number)
        orders.withLock { $0.append(number) }
    }

    private func fillCart(_ dice: inout SplitMix64, _ customer: Customer) async throws {
        let body = #"{"variant_id":"\#(dice.pick(variants))","quantity":\#(1 + dice.below(4))}"#
        try await ask("cart add", [200, 201, 409], "POST", "/api/orders/cart/items", customer.token, body)
    }

    private func changeCart(_ dice: inout SplitMix64, _ customer: Customer) async throws {
        let path = "/api/orders/cart/items/\(dice.pick(variants))"
        if dice.below(2) == 0 {
            let body = #"{"quantity":\#(1 + dice.below(4))}"#
            try await ask("cart change", [200, 404, 409], "PATCH", path, customer.token, body)
        } else {
            try await ask("cart remove", [200, 204, 404], "DELETE", path, customer.token)
        }
    }

    // MARK: Staff

    func work(seed: UInt64, steps: Int) async throws {
        var dice = SplitMix64(seed: seed)
        for _ in 0..<steps {
            let known = orders.withLock { $0 }
            guard !known.isEmpty, dice.below(6) > 0 else {
                let variant = dice.pick(variants)
                let body = #"{"delta":\#(dice.pick([-2, -1, 1, 2, 3, 5])),"note":"counted"}"#
                try await ask("adjust", [201, 409], "POST", "/api/admin/stock/\(variant)/adjustments", admin, body)
                continue
            }
            let path = "/api/orders/\(dice.pick(known))"
            let order = try await ask("look", [200], "GET", path, admin).json()
            // Mostly what can be done by then, and now and then what cannot.
            let state = dice.below(4) == 0 ? "any" : order["status"] as? String
            switch (state, dice.below(6)) {
            case ("confirmed", 0...3): try await become("shipped", path, "," + TestShop.parcel)
            case ("shipped", 0...3): try await become("delivered", path)
            case ("pending", 5), ("confirmed", 5), ("any", 0): try await become("cancelled", path)
            case ("shipped", 4), ("delivered", 0...1), ("any", 1): try await become("refunded", path)
            case ("any", 2): try await become("shipped", path, "," + TestShop.parcel)
            case ("any", 3): try await become("delivered", path)
            default:
                let body = #"{"amount":\#(1 + dice.below(1_500)),"reason":"goodwill"}"#
                try await ask("refund", [202, 409, 422], "POST", path + "/refunds", admin, body)
            }
        }
    }

    private func become(_ status: String, _ path: String, _ further: String = "") async throws {
        let body = #"{"status":"\#(status)"\#(further)}"#
        try await ask("make it \(status)", [200, 202, 409, 422], "PUT", path + "/status", admin, body)
    }

    // MARK: Answers

    @discardableResult
    private func ask(
        _ name: String,
        _ expected: Set<Int>,
        _ method: String,
        _ path: String,
        _ token: String,
        _ body: String? = nil
    ) async throws -> HTTPResponse {
        let answer = try await shop.call(method, path, token: token, body: body)
        answers.withLock { $0["\(name) \(answer.status)", default: 0] += 1 }
        if !expected.contains(answer.status) {
            surprises.withLock { $0.append("\(name): \(String(decoding: answer.body, as: UTF8.self))") }
        }
        return answer
    }
}
