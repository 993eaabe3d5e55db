import AMQP
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// The count at the end: row by row, message by message, mail by mail.
struct CrashCount {
    let shop: TestShop
    let load: CrashLoad
    let trouble: CrashTrouble

    private static let queues = ["order.process", "search.index_product", "email.send_order_confirmation"]

    /// Returns when nothing is left to do.
    func settle() async throws {
        let orders = load.answered.count
        let mails = 2 * (orders - trouble.refusedOrders)
        try await eventually("\(orders) orders are confirmed", within: .seconds(120), every: .milliseconds(50)) {
            try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") >= orders
        }
        try await eventually("\(mails) mails are sent", within: .seconds(120), every: .milliseconds(50)) {
            try await shop.count("SELECT count(*) FROM mail_deliveries") >= mails
        }
        // Counted by the queues themselves: the broker's statistics, which the next wait asks, are late by a second.
        try await eventually("all that nobody could do is dead", within: .seconds(120), every: .milliseconds(100)) {
            let hopeless = try await shop.depth("order.process.dead") + shop.depth("search.index_product.dead")
            let refused = try await shop.depth("email.send_order_confirmation.dead")
            return hopeless >= trouble.hopelessMessages.count && refused >= 2 * trouble.refusedOrders
        }
        try await eventually("outbox and queues are empty", within: .seconds(120), every: .milliseconds(200)) {
            try await shop.isIdle()
        }
    }

    /// - Parameter mailKills: how often the mail's worker was killed.
    /// - Returns: the figures, to be printed.
    func check(mailKills: Int) async throws -> String {
        try await checkOrders()
        let doubled = try checkMails(kills: mailKills)
        let dead = try await checkDeadLetters()
        let documents = try await checkSearch()
        return "\(load.answered.count) orders, \(2 * (load.answered.count - trouble.refusedOrders)) mails "
            + "(\(doubled) sent again), \(documents) documents, \(dead) dead letters, all with their reason"
    }

    private func checkOrders() async throws {
        let answered = load.answered
        #expect(Set(answered).count == answered.count, "two keys were answered with one order")
        let rows = try await shop.pool.query("SELECT order_number FROM orders").map {
            try $0.decode(0, as: String.self)
        }
        #expect(Set(rows) == Set(answered), "orders in the table and orders answered 201 differ")
        #expect(rows.count == answered.count)
        #expect(try await shop.count("SELECT count(*) FROM orders WHERE status <> 'confirmed'") == 0)
        #expect(try await shop.count("SELECT count(DISTINCT (user_id, idempotency_key)) FROM orders") == rows.count)
        let timelines = try await shop.count(
            """
            SELECT count(*) FROM (
                SELECT order_id, string_agg(kind, ' ' ORDER BY id) AS kinds FROM order_events GROUP BY order_id
            ) AS timeline WHERE kinds = 'placed confirmed'
            """
        )
        #expect(timelines == rows.count, "an order was not placed and confirmed once each")
        let wrongStock = try await shop.count(
            """
            SELECT count(*) FROM product_variants v
            WHERE v.stock_quantity + (
                SELECT coalesce(sum(i.quantity), 0) FROM order_items i WHERE i.variant_id = v.id
            ) NOT IN (1, \(CrashLoad.firstStock))
            """
        )
        #expect(wrongStock == 0, "stock at the start is not stock at the end and what was sold")
        #expect(try await shop.variantsOutOfBalance() == [])
        #expect(try await shop.count("SELECT count(*) FROM outbox") == 0)
    }

    /// - Returns: how many mails went out again, each under the id that it had.
    private func checkMails(kills: Int) throws -> Int {
        let mails = try shop.mail.mails()
        let copies = Dictionary(grouping: mails, by: \.id).mapValues(\.count)
        #expect(
            copies.count == 2 * (load.answered.count - trouble.refusedOrders),
            "mails are missing or have other ids"
        )
        #expect(!mails.contains { $0.to.contains(CrashTrouble.refusedAddress) })
        // A kill can double only what was in flight: eight at a time, by the queue's concurrency.
        let doubled = mails.count - copies.count
        #expect(doubled <= kills * 8)
        #expect(copies.values.allSatisfy { $0 <= 1 + kills })
        return doubled
    }

    /// - Returns: how many there are; a job that died in a kill may lie there once more, under its id.
    private func checkDeadLetters() async throws -> Int {
        var (ids, mails, count) = (Set<String>(), Set<String>(), 0)
        let session = try await shop.broker.session()
        // A letter may lie there twice, so that their number says nothing; and the broker's statistics lag.
        try await eventually("each job that nobody could do is dead", within: .seconds(60)) {
            for queue in Self.queues {
                while let letter = try await session.get("\(queue).dead") {
                    count += 1
                    let properties = letter.message.properties
                    guard case .string(let reason) = properties.headers["x-wharf-reason"], !reason.isEmpty else {
                        Issue.record("a dead letter of \(queue) has no reason: \(properties.headers)")
                        continue
                    }
                    if queue == "email.send_order_confirmation" {
                        #expect(reason.contains("550"), "a mail is dead: \(reason)")
                        mails.insert(properties.messageID ?? "")
                    } else {
                        ids.insert(properties.messageID ?? "")
                    }
                }
            }
            return ids.isSuperset(of: trouble.hopelessMessages)
        }
        await session.close()
        #expect(ids == trouble.hopelessMessages, "others are dead than those that nobody could do")
        #expect(mails.count == 2 * trouble.refusedOrders)
        return count
    }

    /// Every product's document is in the index, with the product's version.
    /// - Returns: how many there are.
    private func checkSearch() async throws -> Int {
        let rows = try await shop.pool.query("SELECT id, version FROM products ORDER BY id")
        let versions = try Dictionary(
            rows.map { (String(try $0.decode(0, as: Int64.self)), try $0.decode(1, as: Int64.self)) },
            uniquingKeysWith: { first, _ in first }
        )
        let ids = versions.keys.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await shop.client.send(
            HTTPRequest(
                method: "POST",
                url: shop.searchURL + "/products/_mget",
                headers: [("Content-Type", "application/json")],
                body: Array("{\"ids\":[\(ids)]}".utf8),
                timeout: .seconds(30)
            )
        )
        struct Documents: Decodable {
            struct Document: Decodable {
                let _id: String
                let _version: Int64?
            }
            let docs: [Document]
        }
        let documents = try JSONDecoder().decode(Documents.self, from: Data(answer.body)).docs
        let found = documents.reduce(into: [:]) { $0[$1._id] = $1._version }
        #expect(found == versions, "the search index is not what the catalog is")
        return documents.count
    }
}
