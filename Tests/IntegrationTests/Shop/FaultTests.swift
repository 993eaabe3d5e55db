import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What is promised of an order that was answered 201, while parts of the house are down or killed.
@Suite struct FaultTests {
    /// Every order confirmed, with exactly its two mails; nothing left anywhere.
    private func settled(_ shop: TestShop, orders: Int) async throws {
        try await eventually("\(orders) orders are confirmed", within: .seconds(60)) {
            try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == orders
        }
        try await eventually("every mail is sent", within: .seconds(60)) {
            try await shop.count("SELECT count(*) FROM mail_deliveries") == 2 * orders
        }
        try await eventually("outbox and queues are empty", within: .seconds(60)) { try await shop.isIdle() }
        let mails = try shop.mail.mails()
        #expect(mails.count == 2 * orders)
        #expect(Set(mails.map(\.id)).count == 2 * orders)
        #expect(try await shop.count("SELECT count(*) FROM orders") == orders)
        for queue in ["order.process", "email.send_order_confirmation"] {
            #expect(try await shop.depth(queue) == 0)
            #expect(try await shop.depth(queue + ".dead") == 0)
        }
    }

    @Test func ordersAreTakenWhileTheBrokerIsDown() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 100)
            try await shop.running {
                let token = try await shop.customer()
                shop.brokerProxy.cut()
                for _ in 0..<20 {
                    #expect(try await shop.order([(variant.id, 2)], token: token).status == 201)
                }
                #expect(try await shop.count("SELECT count(*) FROM orders WHERE status = 'pending'") == 20)
                #expect(try await shop.count("SELECT count(*) FROM outbox") == 40)
                try shop.brokerProxy.restore()
                try await settled(shop, orders: 20)
                #expect(
                    try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant.id)")
                        == 60
                )
            }
        }
    }

    @Test func ofTwoClientsRacingForTheLastUnitOneGetsIt() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 1)
            let api = try await shop.start(.api)
            let tokens = [try await shop.customer(), try await shop.customer()]
            let responses = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for token in tokens {
                    group.addTask {
                        let response = try await shop.order([(variant.id, 1)], token: token)
                        return (response.status, String(decoding: response.body, as: UTF8.self))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.map(\.0).sorted() == [201, 409])
            #expect(responses.first { $0.0 == 409 }?.1.contains(variant.sku) == true)
            #expect(
                try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant.id)")
                    == 0
            )
            #expect(try await shop.count("SELECT count(*) FROM orders") == 1)
            try await api.process.stop()
        }
    }

    @Test func twentyTimesTheSameKeyIsOneOrder() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 100)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            let key = UUID().uuidString
            let responses = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        let response = try await shop.order([(variant.id, 1)], token: token, key: key)
                        return (response.status, response.body)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(responses.allSatisfy { $0.0 == 201 || $0.0 == 409 })
            #expect(Set(responses.filter { $0.0 == 201 }.map(\.1)).count == 1)
            let again = try await shop.order([(variant.id, 1)], token: token, key: key)
            #expect(again.status == 201)
            #expect(again.body == responses.first { $0.0 == 201 }?.1)
            #expect(try await shop.order([(variant.id, 2)], token: token, key: key).status == 422)
            #expect(try await shop.count("SELECT count(*) FROM orders") == 1)
            #expect(try await shop.count("SELECT count(*) FROM idempotency_keys") == 1)
            #expect(
                try await shop.count("SELECT stock_quantity::bigint FROM product_variants WHERE id = \(variant.id)")
                    == 99
            )
            try await api.process.stop()
        }
    }
}
