import Accounts
import Crypto
import Foundation
import HTTPClient
import TestSupport
import Testing

/// The logs of every program, at the lowest level, over the whole life of an account and an order: they are kept for long, go
/// through many hands, and must not say who the customer is, where they live, or what opens their account.
@Suite struct LogPrivacyTests {
    /// Words that stand nowhere else.
    private enum Private {
        static let email = "zuleika.quint@private.example"
        static let (firstName, lastName, otherName) = ("Zuleika", "Quintessa", "Ottoline")
        static let (street, flat, city, region) = ("77 Obscurelane", "Flat Umbra", "Hiddenburg", "Nowhereshire")
        static let (postalCode, phone) = ("ZQ9 4XX", "+44 7700 900123")
        static let (password, nextPassword, wrongPassword) = ("velvet sparrow", "granite sparrow", "copper sparrow")
        /// One that the test gateway knows, and one that it does not.
        static let (testCard, card) = ("4242424242424242", "4111111111111111")
        static let (note, reason) = ("Ring at Umberto's door", "Moved in with Umberto")

        static let words = [
            "zuleika", firstName, lastName, otherName, street, "Obscurelane", flat, city, region, postalCode, phone,
            "900123",
            "sparrow", testCard, card, "Umberto",
        ]

        static let address = [
            "name": "\(firstName) \(lastName)", "line1": street, "line2": flat, "city": city, "region": region,
            "postal_code": postalCode, "country": "GB", "phone": phone,
        ]
    }

    @Test func theLogsOfAnOrdersWholeWayDoNotSayWhoseItIs() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            let admin = try await shop.person(.admin)
            var programs: [(name: String, running: RunningProgram)] = []
            for program in TestShop.Program.allCases {
                programs.append((program.rawValue, try await shop.start(program, ["LOG_LEVEL": "debug"])))
            }
            var secrets = try await liveOfAnAccount(shop)
            try await lifeOfAnOrder(of: variant.id, shop, admin, &secrets)
            try await mistakes(variant.id, shop, secrets)
            try await closing(shop, &secrets)
            try await eventually("nothing is left to do") { try await shop.isIdle() }

            for (_, running) in programs.reversed() { try await running.process.stop() }
            let logs = programs.map { (name: $0.name, text: $0.running.process.output) }
            for log in logs {
                for word in Private.words + secrets {
                    let line = log.text.split(separator: "\n").first { $0.localizedStandardContains(word) }
                    #expect(line == nil, "\(log.name) logs \(word)")
                }
            }
            // They do say what happened: an empty log would pass too.
            for (name, least) in [("api", 40), ("worker-orders", 5), ("worker-email", 5), ("outbox-relay", 2)] {
                let lines = logs.first { $0.name == name }?.text.split(separator: "\n") ?? []
                #expect(lines.count >= least, "\(name) says little")
            }
            #expect(logs.contains { $0.name == "api" && $0.text.contains("/api/orders/{number}/refunds") })
        }
    }

    /// Registration, the proof of the mailbox, a forgotten password, a second factor.
    /// - Returns: every secret that was given out.
    private func liveOfAnAccount(_ shop: TestShop) async throws -> [String] {
        let client = AccountClient(shop: shop)
        let opened = try await client.post(
            "/api/users/register",
            [
                "email": Private.email, "password": Private.password, "first_name": Private.firstName,
                "last_name": Private.lastName,
            ]
        )
        #expect(opened.status == 201)
        let first = try client.tokens(opened)
        let proof = try await mailed("verify-email", shop)
        #expect(try await client.post("/api/users/email/verify", ["token": proof]).status == 204)
        #expect(try await client.post("/api/users/password/forgot", ["email": Private.email]).status == 202)
        let reset = try await mailed("reset-password", shop)
        let anew = ["token": reset, "new_password": Private.nextPassword]
        #expect(try await client.post("/api/users/password/reset", anew).status == 204)
        let second = try await client.tokens(Private.email, Private.nextPassword)
        let third = try client.tokens(try await client.refresh(second.refresh))
        let enrolment = try await client.post("/api/users/otp", ["password": Private.nextPassword], token: third.access)
        let secret = try #require(try enrolment.json()["secret"] as? String)
        let profile = try client.json(["first_name": Private.otherName])
        #expect(try await shop.call("PATCH", "/api/users/profile", token: third.access, body: profile).status == 200)
        return [first.access, first.refresh, proof, reset, second.refresh, third.refresh, secret, third.access]
    }

    /// Address, cart, payment, notes, shipment, refund, and what staff look for. The last secret is the access token.
    private func lifeOfAnOrder(
        of variant: Int64,
        _ shop: TestShop,
        _ admin: Person,
        _ secrets: inout [String]
    ) async throws {
        let client = AccountClient(shop: shop)
        let token = try #require(secrets.last)
        #expect(try await client.post("/api/users/addresses", Private.address, token: token).status == 201)
        let line: [String: Any] = ["variant_id": String(variant), "quantity": 2]
        #expect(try await client.post("/api/orders/cart/items", line, token: token).status == 200)
        let order: [String: Any] = [
            "shipping_address": Private.address, "billing_address": Private.address,
            "payment": ["method": "card", "token": Private.testCard],
        ]
        #expect(try await client.post("/api/orders/quote", order, token: token).status == 200)
        let placed = try await client.post("/api/orders", order, token: token)
        let number = try #require(try placed.json()["order_number"] as? String)
        try await shop.waitFor(number, toBe: "confirmed")

        let path = "/api/orders/\(number)"
        let ticket = try await client.post(path + "/events/ticket", [:], token: token).json()["ticket"] as? String
        secrets.insert(try #require(ticket), at: 0)
        let stream = try shop.follow(number, "?ticket=\(secrets[0])")
        #expect(try await client.post(path + "/notes", ["body": Private.note], token: token).status == 201)
        #expect(try await shop.setStatus(number, "shipped", TestShop.parcel, token: admin.token).status == 202)
        try await shop.waitFor(number, toBe: "shipped")
        let refund: [String: Any] = ["amount": 100, "reason": Private.reason]
        #expect(try await client.post(path + "/refunds", refund, token: admin.token).status == 202)
        #expect(try await shop.setStatus(number, "delivered", token: admin.token).status == 202)
        try await shop.waitFor(number, toBe: "delivered")
        try await stream.ended()
        for query in [
            "users?q=\(Private.firstName)", "orders?customer=\(Private.email)", "orders.csv?customer=\(Private.email)",
        ] {
            #expect(try await shop.call("GET", "/api/admin/\(query)", token: admin.token).status == 200)
        }
    }

    /// What people type into the wrong place, and what fails.
    private func mistakes(_ variant: Int64, _ shop: TestShop, _ secrets: [String]) async throws {
        let client = AccountClient(shop: shop)
        let token = try #require(secrets.last)
        let again = ["email": Private.email, "password": Private.password, "first_name": "A", "last_name": "B"]
        #expect(try await client.post("/api/users/register", again).status == 409)
        #expect(try await client.signIn(Private.email, Private.wrongPassword).status == 401)
        #expect(try await client.signIn(Private.wrongPassword, Private.email).status == 401)
        let torn = #"{"email":"\#(Private.email)","password":"\#(Private.password)"#
        #expect(try await shop.call("POST", "/api/users/token", body: torn).status == 400)
        let card: [String: Any] = [
            "items": [["variant_id": String(variant), "quantity": 1]], "shipping_address": Private.address,
            "payment": ["method": "card", "token": Private.card],
        ]
        #expect(try await client.post("/api/orders", card, token: token).status == 422)
        for path in ["/api/users/addresses/\(Private.firstName)", "/api/\(Private.lastName)/\(Private.city)"] {
            #expect(
                try await shop.call("GET", path + "?password=\(Private.wrongPassword.dropFirst(7))", token: token)
                    .status == 404
            )
        }
        #expect(try await shop.call("GET", "/api/users/profile", token: token + "x").status == 401)
        #expect(try await shop.call("GET", "/api/search/products?q=\(Private.firstName)").status == 200)
    }

    private func closing(_ shop: TestShop, _ secrets: inout [String]) async throws {
        let client = AccountClient(shop: shop)
        let body = try client.json(["password": Private.nextPassword])
        let closed = try await shop.call("DELETE", "/api/users/profile", token: secrets.last, body: body)
        #expect(closed.status == 204)
    }

    private func mailed(_ page: String, _ shop: TestShop) async throws -> String {
        var token: String?
        try await eventually("the mail for \(page) is there", every: .milliseconds(100)) {
            token = try shop.mail.mails().first { $0.text.contains("https://shop.example.com/\(page)#") }?.text
                .firstMatch(of: /#token=([A-Za-z0-9_-]+)/).map { String($0.output.1) }
            return token != nil
        }
        return try #require(token)
    }
}
