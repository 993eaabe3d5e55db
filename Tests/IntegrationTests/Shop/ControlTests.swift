import AMQP
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What operators and dependencies do to a fleet of real processes.
@Suite struct ControlTests {
    private func isConfirmed(_ order: [String: Any], _ shop: TestShop) async throws -> Bool {
        let number = order["order_number"] as? String ?? ""
        return try await shop.count(
            "SELECT count(*) FROM orders WHERE order_number = \(number) AND status = 'confirmed'"
        )
            == 1
    }

    @Test func aPauseOutlivesEveryWorker() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            let paused = #"queue_paused{queue="order.process"}"#
            func seesThePause(_ worker: RunningProgram) async throws {
                try await eventually("the worker sees the pause") { try await shop.metrics(worker)[paused] == 1 }
            }

            let first = try await shop.start(.orders)
            #expect(try await shop.wharf("queues", "pause", "order.process", "--reason", "stock-taking").0 == 0)
            try await seesThePause(first)
            let order = try await shop.order([(variant.id, 1)], token: token).json()
            try await eventually("its job waits") { try await shop.depth("order.process") == 1 }
            try await first.process.stop()

            let second = try await shop.start(.orders)
            try await seesThePause(second)
            #expect(try await shop.depth("order.process") == 1)
            #expect(try await !isConfirmed(order, shop))
            let (status, list) = try await shop.wharf("queues", "list")
            #expect(status == 0)
            #expect(list.contains(": stock-taking"), "\(list)")

            #expect(try await shop.wharf("queues", "resume", "order.process").0 == 0)
            try await eventually("the order is confirmed") { try await isConfirmed(order, shop) }
            try await second.process.stop()
            try await api.process.stop()
            #expect(second.process.output.contains("Queue is paused; no job of it starts"))
            #expect(second.process.output.contains("Queue is not paused any more"))
        }
    }

    @Test func whatCannotBePausedIsSaid() async throws {
        try await TestShop.with { shop in
            let (status, text) = try await shop.wharf("queues", "pause", "nobodys.queue")
            #expect(status == 1)
            #expect(text.contains("there is no queue nobodys.queue"), "\(text)")
            #expect(try await shop.wharf("queues", "limit", "order.process", "fast").0 == 2)
            #expect(try await shop.wharf("queues", "limit", "order.process", "20/s").0 == 0)
            #expect(try await shop.wharf("queues", "list").1.contains("20/s"))
            #expect(try await shop.wharf("queues", "limit", "order.process", "off").0 == 0)
            #expect(try await shop.wharf("queues", "limit", "order.process", "default").0 == 0)
            #expect(try await !shop.wharf("queues", "list").1.contains("20/s"))
        }
    }

    @Test func anExpressOrderIsUrgent() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 10)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            let order = try await shop.order([(variant.id, 1)], token: token, shippingMethod: "express").json()
            try await eventually("its job is urgent") { try await shop.depth("order.process.urgent") == 1 }
            #expect(try await shop.depth("order.process") == 0)
            let worker = try await shop.start(.orders)
            try await eventually("the order is confirmed") { try await isConfirmed(order, shop) }
            try await worker.process.stop()
            try await api.process.stop()
        }
    }

    /// With a long queue and the search engine down, no job burns an attempt, nobody storms, and all is done afterwards.
    @Test func aSearchEngineThatIsDownCostsNoAttempt() async throws {
        let (products, messages, outage) = TestEnvironment.isFull ? (5_000, 100_000, 60) : (500, 2_000, 0)
        try await TestShop.with { shop in
            let engine = try #require(URLComponents(string: shop.searchURL)?.port)
            let proxy = try TCPProxy(to: engine)
            defer { proxy.cut() }
            _ = try await shop.variant(stock: 1)
            let worker = try await shop.start(.search, ["SEARCH_URL": "http://127.0.0.1:\(proxy.port)"])
            // The keeper fills an index that is missing; what is in it later is the jobs' work.
            try await eventually("the index is there") { try await shop.indexed() == 1 }
            proxy.cut()
            _ = try await shop.pool.query(
                """
                INSERT INTO products (slug, name, category_id, currency, price_amount, in_stock, primary_image_url)
                SELECT 'p' || n, 'Product ' || n, category_id, currency, price_amount, true, primary_image_url
                FROM products, generate_series(2, \(products)::int) AS n
                """
            )
            let ids = try await shop.pool.query("SELECT id FROM products").map { try $0.decode(0, as: Int64.self) }
            let session = try await shop.broker.session()
            for number in 0..<messages {
                var properties = AMQPProperties()
                properties.messageID = UUID().uuidString
                properties.type = "search.index_product"
                properties.deliveryMode = 2
                let body = #"{"action":"index","product_id":\#(ids[number % ids.count])}"#
                let message = AMQPMessage(body: Array(body.utf8), properties: properties)
                try await session.publish(message, exchange: "wharf.jobs", routingKey: "search.index_product")
            }
            let down = ContinuousClock.now
            try await eventually("the circuit opens") {
                try await shop.metrics(worker)[#"circuit_open{dependency="search"}"#] == 1
            }
            let labels = #"job="search.index_product",queue="search.index_product""#
            let runs = "job_duration_seconds_count{\(labels)}"
            try await eventually("the engine was asked a few times", within: .seconds(120)) {
                try await shop.metrics(worker)[#"circuit_probes_total{dependency="search"}"#] ?? 0 >= 3
                    && down.duration(to: .now) >= .seconds(outage)
            }
            // Nothing is lost, and nobody has stormed: three runs opened the circuit, one more was under way.
            let metrics = try await shop.metrics(worker)
            #expect((metrics[runs] ?? 0) <= 5, "\(metrics[runs] ?? 0) runs")
            #expect(metrics[#"circuit_probes_total{dependency="search"}"#] ?? 0 <= 10)
            try await eventually("every job is back in the queue") {
                try await shop.depth("search.index_product") == messages
            }
            for _ in 0..<20 {
                let waiting = try #require(try await session.get("search.index_product", acknowledges: true))
                #expect([nil, 1].contains(waiting.message.properties.headers["x-wharf-attempt"]))
                try await session.publish(waiting.message, exchange: "", routingKey: "search.index_product")
            }
            try proxy.restore()
            try await eventually("the backlog drains", within: .seconds(TestEnvironment.isFull ? 900 : 180)) {
                try await shop.isIdle()
            }
            try await eventually("every product is indexed") { try await shop.indexed() == products }
            let after = try await shop.metrics(worker)
            #expect(after[#"circuit_open{dependency="search"}"#] == 0)
            #expect(after.keys.allSatisfy { !$0.contains(#"outcome="retry""#) && !$0.contains(#"outcome="dead""#) })
            #expect(try await shop.depth("search.index_product.dead") == 0)
            await session.close()
            try await worker.process.stop()
            #expect(worker.process.output.contains("Dependency is down; its workers stop consuming"))
            #expect(worker.process.output.contains("Dependency is back; its workers consume again"))
        }
    }

    @Test func aMailServerThatIsDownCostsNoAttempt() async throws {
        try await TestShop.with { shop in
            let catcher = try #require(URLComponents(string: shop.mail.url))
            let proxy = try TCPProxy(to: try #require(catcher.port))
            defer { proxy.cut() }
            proxy.cut()
            let variant = try await shop.variant(stock: 10)
            let api = try await shop.start(.api)
            let url = "smtp://127.0.0.1:\(proxy.port)?\(catcher.query ?? "")"
            let worker = try await shop.start(.email, ["SMTP_URL": url])
            let token = try await shop.customer()
            for _ in 0..<5 { _ = try await shop.order([(variant.id, 1)], token: token) }
            try await eventually("the circuit opens") {
                try await shop.metrics(worker)[#"circuit_open{dependency="mail"}"#] == 1
            }
            try proxy.restore()
            try await eventually("every mail is sent") { shop.mail.count() == 5 }
            let metrics = try await shop.metrics(worker)
            #expect(metrics.keys.allSatisfy { !$0.contains(#"outcome="retry""#) && !$0.contains(#"outcome="dead""#) })
            try await worker.process.stop()
            try await api.process.stop()
        }
    }
}

extension TestShop {
    /// Documents behind the alias, as the engine counts them; `nil` while there is no index.
    fileprivate func indexed() async throws -> Int? {
        _ = try await client.send(HTTPRequest(method: "POST", url: "\(searchURL)/products/_refresh"))
        let response = try await client.send(HTTPRequest(method: "GET", url: "\(searchURL)/products/_count"))
        return response.status == 200 ? try response.json()["count"] as? Int : nil
    }
}
