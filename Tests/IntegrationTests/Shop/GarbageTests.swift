import AMQP
import Crypto
import Foundation
import HTTPClient
import Postgres
import Randomness
import TestSupport
import Testing

/// Garbage from every side: each has its clear error, nothing is lost, and the shop goes on.
@Suite struct GarbageTests {
    private let address = #""shipping_address":{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}"#

    @Test func badOrdersAreRefusedWithTheirReason() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            func items(_ text: String) -> String { "{\"items\":\(text),\(address)}" }
            let line = "{\"variant_id\":\"\(variant.id)\",\"quantity\":1}"
            let cases: [(body: String, status: Int, names: String)] = [
                ("{\"items\":[", 400, "bad-request"),
                ("", 400, "bad-request"),
                ("[]", 422, "errors"),
                ("null", 422, "errors"),
                (items("\"all\""), 422, "items"),
                (items("[]"), 422, "items"),
                (items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":\"two\"}]"), 422, "items[0].quantity"),
                (items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":1.5}]"), 422, "items[0].quantity"),
                (items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":-1}]"), 422, "items[0].quantity"),
                (items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":0}]"), 422, "items[0].quantity"),
                (
                    items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":99999999999999999999}]"), 422,
                    "items[0].quantity"
                ),
                (items("[{\"variant_id\":\"nothing\",\"quantity\":1}]"), 422, "items[0].variant_id"),
                (items("[{\"variant_id\":\"987654321\",\"quantity\":1}]"), 422, "987654321"),
                (items("[{\"variant_id\":\"\(variant.id)\",\"quantity\":6}]"), 409, variant.sku),
                ("{\"items\":[\(line)]}", 422, "shipping_address"),
                ("{\"items\":[\(line)],\"shipping_method\":\"pigeon\",\(address)}", 422, "shipping_method"),
                (items("[" + String(repeating: line + ",", count: 60_000) + line + "]"), 413, "too-large"),
            ]
            for (body, status, names) in cases {
                let response = try await shop.call("POST", "/api/orders", token: token, body: body)
                let text = String(decoding: response.body, as: UTF8.self)
                #expect(response.status == status, "\(body.prefix(80)) was answered \(response.status) \(text)")
                #expect(response.headers["content-type"] == "application/problem+json")
                #expect(response.headers["x-request-id"] != nil)
                #expect(text.contains(names), "\(body.prefix(80)): \(text) does not name \(names)")
            }
            #expect(try await shop.count("SELECT count(*) FROM orders") == 0)
            #expect(try await shop.order([(variant.id, 5)], token: token).status == 201)
            try await api.process.stop()
        }
    }

    @Test func forgedTokensOpenNothing() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let good = try await shop.customer()
            let keys = try JWTKeys(parsing: "test:" + String(repeating: "0123456789abcdef", count: 4))
            let others = try JWTKeys(parsing: "test:" + String(repeating: "fedcba9876543210", count: 4))
            func claims(_ use: JWTClaims.Use, expiresIn seconds: TimeInterval) -> JWTClaims {
                JWTClaims(subject: "1", use: use, role: "admin", issuedAt: .now, expiresAt: .now + seconds)
            }
            let parts = good.split(separator: ".").map(String.init)
            let none = Base64URL.encode(Array(#"{"alg":"none","typ":"JWT"}"#.utf8))
            let tokens = [
                "", "x", "a.b.c", good + "x", String(repeating: "A", count: 20_000),
                "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
                try JWT(keys: others, issuer: "wharf").sign(claims(.access, expiresIn: 60)),
                try JWT(keys: keys, issuer: "somebody").sign(claims(.access, expiresIn: 60)),
                try JWT(keys: keys, issuer: "wharf").sign(claims(.access, expiresIn: -1)),
                try JWT(keys: keys, issuer: "wharf").sign(claims(.refresh, expiresIn: 60)),
            ]
            for token in tokens {
                let status = try await shop.call("GET", "/api/users/profile", token: token).status
                #expect(status == 401 || (token.count > 10_000 && status == 431), "\(token.prefix(40)): \(status)")
            }
            #expect(try await shop.call("GET", "/api/users/profile", token: good).status == 200)
            #expect(try await shop.call("POST", "/api/catalog/products", token: good, body: "{}").status == 403)
            try await api.process.stop()
        }
    }

    @Test func brokenConnectionsHurtNobody() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            let api = try await shop.start(.api)
            let token = try await shop.customer()
            var random = SplitMix64(seed: 20_261_121)
            for _ in 0..<200 {
                let noise = (0..<Int(random.next() % 2_000)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                try send(noise, to: shop.apiPortNumber)
            }
            let head =
                "POST /api/orders HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Length: 500\r\n\r\n"
            for length in stride(from: 1, through: head.utf8.count, by: 7) {
                try send(Array(head.utf8.prefix(length)), to: shop.apiPortNumber)
            }
            try send(Array((head + "{\"items\":[").utf8), to: shop.apiPortNumber)
            #expect(api.process.isRunning)
            #expect(try await shop.count("SELECT count(*) FROM orders") == 0)
            #expect(try await shop.order([(variant.id, 1)], token: token).status == 201)
            try await api.process.stop()
        }
    }

    @Test func undecodableMessagesLieDeadWithTheirReason() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            let queues = ["order.process", "search.index_product", "email.send_order_confirmation"]
            let bodies: [[UInt8]] = [
                [], [0xff, 0x00, 0xfe], Array("{\"action\":".utf8), Array("[]".utf8),
                Array("{\"action\":\"dance\"}".utf8),
            ]
            let session = try await shop.broker.session()
            for queue in queues {
                for (index, body) in bodies.enumerated() {
                    var properties = AMQPProperties()
                    if index > 0 {
                        properties.messageID = UUID().uuidString
                        properties.type = queue
                    }
                    try await session.publish(
                        AMQPMessage(body: body, properties: properties),
                        exchange: "",
                        routingKey: queue
                    )
                }
            }
            try await shop.running {
                for queue in queues {
                    try await eventually("the garbage of \(queue) is dead") {
                        try await session.messageCount(queue + ".dead") == bodies.count
                    }
                }
                let token = try await shop.customer()
                let order = try await shop.order([(variant.id, 1)], token: token).json()
                let number = try #require(order["order_number"] as? String)
                try await eventually("a good order goes its way") {
                    try await shop.call("GET", "/api/orders/\(number)", token: token).json()["status"] as? String
                        == "confirmed"
                }
            }
            for queue in queues {
                while let dead = try await session.get(queue + ".dead", acknowledges: true) {
                    let reason = dead.message.properties.headers["x-wharf-reason"]?.stringValue ?? ""
                    #expect(!reason.isEmpty, "\(queue): \(dead.message.properties.headers)")
                    #expect(bodies.contains(dead.message.body))
                }
                #expect(try await session.messageCount(queue) == 0)
            }
            await session.close()
        }
    }

    @Test(arguments: [
        ("api", "JWT_KEYS", "short:secret"), ("api", "HTTP_PORT", "70000"), ("api", "DATABASE_URL", "hello"),
        ("worker-orders", "WORKER_CONCURRENCY", "-3"), ("worker-orders", "AMQP_URL", "http://x"),
        ("worker-email", "SMTP_URL", "smtp//x"), ("worker-search", "SEARCH_URL", ""),
        ("outbox-relay", "LOG_LEVEL", "loud"), ("api", "SHUTDOWN_GRACE_SECONDS", "soon"),
    ])
    func absurdSettingsStopAProgramWithOneLine(program: String, name: String, value: String) async throws {
        try await TestShop.with { shop in
            let program = try #require(TestShop.Program(rawValue: program))
            let started = try shop.launch(program, [name: value])
            #expect(try await started.process.ended() == 78)
            let lines = started.process.output.split(separator: "\n")
            #expect(lines.count == 1)
            #expect(lines.first?.contains(name) == true, "\(started.process.output)")
            if name == "JWT_KEYS" { #expect(!started.process.output.contains("short:secret")) }
        }
    }

    /// Connects, writes, and hangs up without reading.
    private func send(_ bytes: [UInt8], to port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(port).bigEndian
        target.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0, "the API takes no connection any more")
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
}
