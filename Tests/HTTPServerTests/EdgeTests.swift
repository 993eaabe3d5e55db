import Testing

@testable import HTTPServer

/// What stands around every answer: who asked, from where, how often, and what a browser may do with it.
@Suite struct EdgeTests {
    private func responder(_ middleware: any Middleware...) -> Responder {
        var router = Router()
        router.get("/thing") { _ in .text("thing") }
        return Responder(router: router, middleware: middleware + [ProblemRenderer()])
    }

    private func answer(
        _ responder: Responder,
        _ method: Request.Method = .get,
        _ target: String = "/thing",
        _ headers: Headers
    ) async throws -> Response {
        try await responder.respond(to: Request(method: method, target: target, headers: headers))
    }

    // MARK: CORS

    private let shop = CORS(origins: ["https://shop.example"])

    @Test func aKnownOriginMayReadAnswersWithCookies() async throws {
        let answer = try await answer(responder(shop), .get, "/thing", ["Origin": "https://shop.example"])
        #expect(answer.headers["Access-Control-Allow-Origin"] == "https://shop.example")
        #expect(answer.headers["Access-Control-Allow-Credentials"] == "true")
        #expect(answer.headers["Vary"] == "Origin")
        #expect(answer.headers["Access-Control-Expose-Headers"]?.contains("X-Wharf-LSN") == true)
    }

    @Test func aPageMayReadWhyItWasRefused() async throws {
        let answer = try await answer(responder(shop), .get, "/nothing", ["Origin": "https://shop.example"])
        #expect(answer.status == 404)
        #expect(answer.headers["Access-Control-Allow-Origin"] == "https://shop.example")
    }

    @Test(arguments: ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"])
    func anotherOriginIsToldNothing(_ origin: String) async throws {
        let answer = try await answer(responder(shop), .get, "/thing", ["Origin": origin])
        #expect(answer.status == 200)
        #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        // A cache must not give this answer to the shop's own pages.
        #expect(answer.headers["Vary"] == "Origin")
    }

    @Test func aPreflightIsAnsweredForKnownOriginsAlone() async throws {
        let ask = { (origin: String) in
            try await answer(
                responder(shop),
                .options,
                "/thing",
                ["Origin": origin, "Access-Control-Request-Method": "PUT"]
            )
        }
        let known = try await ask("https://shop.example")
        #expect(known.status == 204)
        #expect(known.headers["Access-Control-Allow-Methods"]?.contains("PUT") == true)
        #expect(known.headers["Access-Control-Allow-Headers"]?.contains("Idempotency-Key") == true)
        #expect(known.headers["Access-Control-Max-Age"] == "600")
        let other = try await ask("https://evil.example")
        #expect(other.status == 405)
        #expect(other.headers["Access-Control-Allow-Origin"] == nil)
    }

    @Test func theWildcardAdmitsEveryPageButNoCookies() async throws {
        let answer = try await answer(responder(CORS(origins: ["*"])), .get, "/thing", ["Origin": "https://a.example"])
        #expect(answer.headers["Access-Control-Allow-Origin"] == "*")
        #expect(answer.headers["Access-Control-Allow-Credentials"] == nil)
    }

    @Test func withoutOriginsNothingIsSaid() async throws {
        let answer = try await answer(responder(CORS(origins: [])), .get, "/thing", ["Origin": "https://a.example"])
        #expect(answer.headers["Access-Control-Allow-Origin"] == nil)
        #expect(answer.headers["Vary"] == nil)
    }

    // MARK: Security headers

    @Test(arguments: ["/thing", "/nothing"])
    func everyAnswerCarriesTheSecurityHeaders(_ target: String) async throws {
        let answer = try await answer(responder(SecurityHeaders(transportSecurity: 60)), .get, target, [:])
        #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
        #expect(answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'")
        #expect(answer.headers["Referrer-Policy"] == "no-referrer")
        #expect(answer.headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains")
    }

    @Test func transportSecurityIsAskedForOnlyWhereItIsConfigured() async throws {
        let answer = try await answer(responder(SecurityHeaders()), .get, "/thing", [:])
        #expect(answer.headers["Strict-Transport-Security"] == nil)
    }

    // MARK: Accept

    @Test(arguments: [
        ("application/json", 200), ("*/*", 200), ("text/html, application/*;q=0.5", 200), ("application/JSON", 200),
        ("text/html,*/*;q=0.8", 200), ("text/html", 406), ("application/xml, text/*", 406),
        ("application/json;q=0, */*", 406), ("nonsense", 200), ("", 200),
    ])
    func onlyWhatTheClientCanReadIsMade(_ accept: String, _ status: Int) async throws {
        var router = Router()
        router.get("/thing", middleware: [Produces(["application/json"])]) { _ in .text("thing") }
        let responder = Responder(router: router, middleware: [ProblemRenderer()])
        #expect(try await answer(responder, .get, "/thing", ["Accept": accept]).status == status)
    }

    // MARK: Who is the client

    @Test(arguments: [
        ("203.0.113.9", [], "203.0.113.9"),
        // Nobody we trust said it.
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        // The client's own invention stands to the left of what the proxy saw.
        ("10.0.0.7", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["1.1.1.1", "198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("10.0.0.7", ["10.1.2.3, 10.0.0.8"], "10.1.2.3"),
        ("10.0.0.7", ["nonsense, 10.0.0.8"], "10.0.0.8"),
        ("10.0.0.7", ["unknown"], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.7", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("11.0.0.1", ["198.51.100.1"], "11.0.0.1"),
    ])
    func onlyATrustedProxyIsBelieved(_ peer: String, _ forwarded: [String], _ client: String) throws {
        let proxies = try TrustedProxies(parsing: "10.0.0.0/8, ::1")
        var headers = Headers()
        for value in forwarded { headers.append("X-Forwarded-For", value) }
        #expect(proxies.client(of: peer, headers) == client)
        #expect(TrustedProxies().client(of: peer, headers) == peer)
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "example.com", "::1/129", "10.0.0.0/8/9", "10.0.0.0/x"])
    func whatIsNoNetworkIsRefused(_ text: String) {
        #expect(throws: TrustedProxies.ParsingError.self) { try TrustedProxies(parsing: text) }
    }

    // MARK: Rates

    @Test func oneRequestTooManyIsToldWhenToComeAgain() throws {
        let limiter = RateLimiter("auth", RateAllowance(perAddress: 2, perAccount: 1))
        try limiter.admit(address: "203.0.113.9")
        try limiter.admit(address: "203.0.113.9")
        let problem = #expect(throws: Problem.self) { try limiter.admit(address: "203.0.113.9") }
        #expect(problem?.status == 429)
        #expect(problem?.headers["Retry-After"] == "30")
        #expect(problem?.headers["RateLimit-Policy"] == "\"auth\";q=2;w=60")
        #expect(problem?.headers["RateLimit"] == "\"auth\";r=0;t=30")
        // Another client, and another count.
        try limiter.admit(address: "203.0.113.10")
        try limiter.admit(account: 7)
        #expect(throws: Problem.self) { try limiter.admit(account: 7) }
        try limiter.admit(account: 8)
    }

    /// A household has 2^64 addresses.
    @Test func anIPv6ClientIsItsNetwork() throws {
        let limiter = RateLimiter("read", RateAllowance(perAddress: 1))
        try limiter.admit(address: "2001:db8::1")
        #expect(throws: Problem.self) { try limiter.admit(address: "2001:db8::2") }
        try limiter.admit(address: "2001:db8:0:1::1")
    }

    @Test func withoutANumberThereIsNoLimit() throws {
        let limiter = RateLimiter("read", RateAllowance())
        for _ in 0..<10_000 { try limiter.admit(address: "203.0.113.9") }
        for _ in 0..<10_000 { try limiter.admit(account: 7) }
    }
}
