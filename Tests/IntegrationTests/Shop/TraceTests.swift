import Foundation
import HTTPClient
import TestSupport
import Testing

/// One order's trace, as a collector sees it.
@Suite struct TraceTests {
    /// A collector: it keeps what it is sent, and shows it as one list of spans with the service that each came from.
    private static let collector = #"""
        import http.server, json
        spans = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments): pass

            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path != "/v1/traces" or self.headers["X-Key"] != "secret key":
                    return self.answer(401, b"")
                for resource in body["resourceSpans"]:
                    attributes = {each["key"]: each["value"] for each in resource["resource"]["attributes"]}
                    for scope in resource["scopeSpans"]:
                        spans.extend(dict(span, service=attributes["service.name"]["stringValue"]) for span in scope["spans"])
                self.answer(200, b"{}")

            def do_GET(self): self.answer(200, json.dumps(spans).encode())

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port)
        server.serve_forever()
        """#

    private struct CollectedSpan: Decodable {
        let traceId: String
        let spanId: String
        let parentSpanId: String?
        let name: String
        let service: String
        let startTimeUnixNano: String
        let endTimeUnixNano: String
    }

    @Test func aTraceOfAnOrderShowsEveryHop() async throws {
        let collector = try PythonServer(Self.collector)
        let url = "http://127.0.0.1:\(collector.port)"
        let settings = ["OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=secret%20key"]
        try await TestShop.with { shop in
            func spans() async throws -> [CollectedSpan] {
                let answer = try await shop.client.send(HTTPRequest(url: url))
                return try JSONDecoder().decode([CollectedSpan].self, from: Data(answer.body))
            }
            // The last unit: the catalog hears of it, and so the search engine does.
            let variant = try await shop.variant(stock: 1)
            var programs: [RunningProgram] = []
            for program in TestShop.Program.allCases { programs.append(try await shop.start(program, settings)) }
            let token = try await shop.customer()
            #expect(try await shop.call("GET", "/api/catalog/products").status == 200)
            #expect(try await shop.order([(variant.id, 1)], token: token).status == 201)

            let hops: Set<String> = [
                "api: POST /api/orders", "api: PostgreSQL transaction", "api: publish order.process",
                "worker-orders: process order.process", "worker-orders: PostgreSQL transaction",
                "worker-orders: publish email.send_order_confirmation",
                "worker-email: process email.send_order_confirmation", "worker-email: SMTP send",
                "worker-search: process search.index_product",
            ]
            try await eventually("the trace has every hop", within: .seconds(60)) {
                let all = try await spans()
                guard let root = all.first(where: { $0.name == "POST /api/orders" }) else { return false }
                let trace = all.filter { $0.traceId == root.traceId }
                return hops.isSubset(of: trace.map { "\($0.service): \($0.name)" })
            }
            for program in programs.reversed() { try await program.process.stop() }

            let all = try await spans()
            let root = try #require(all.first { $0.name == "POST /api/orders" })
            let trace = all.filter { $0.traceId == root.traceId }
            let ids = Set(trace.map(\.spanId))
            #expect(ids.count == trace.count)
            #expect(root.parentSpanId == nil)
            for span in trace where span.spanId != root.spanId {
                #expect(ids.contains(span.parentSpanId ?? ""), "\(span.service): \(span.name) hangs in the air")
            }
            for span in trace {
                #expect((Int(span.startTimeUnixNano) ?? 0) > 1_700_000_000_000_000_000)
                #expect((Int(span.endTimeUnixNano) ?? 0) >= (Int(span.startTimeUnixNano) ?? .max))
            }
            // Whatever else the shop does is in traces of its own.
            #expect(all.contains { $0.name == "GET /api/catalog/products" && $0.traceId != root.traceId })
        }
    }

    @Test func aCollectorThatIsGoneHoldsNothingUp() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            let port = try freePort()
            let api = try await shop.start(.api, ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(port)"])
            let token = try await shop.customer()
            for _ in 0..<5 { #expect(try await shop.order([(variant.id, 1)], token: token).status == 201) }
            try await eventually("it is said") {
                api.process.output.contains("The collector does not take spans; they are dropped")
            }
            try await api.process.stop()
        }
    }
}
