import Foundation
import Testing

@testable import HTTPServer

@Suite struct ProblemTests {
    private func render(_ problem: Problem) throws -> (Response, [String: Any]) {
        let request = Request(method: .get, target: "/api/orders?x=1", headers: ["X-Request-Id": "req-1"])
        let response = problem.response(to: request)
        return (response, try #require(try JSONSerialization.jsonObject(with: Data(response.bytes)) as? [String: Any]))
    }

    @Test func hasTheMembersOfRFC9457() throws {
        let (response, json) = try render(
            .conflict(
                "2 of 3 lines ran short.",
                slug: "insufficient-stock",
                title: "Not enough stock",
                extensions: ["skus": ["A", "B"], "status": 1]
            )
        )
        #expect(response.status == 409)
        #expect(response.headers["Content-Type"] == "application/problem+json")
        #expect(json["type"] as? String == "/problems/insufficient-stock")
        #expect(json["title"] as? String == "Not enough stock")
        #expect(json["status"] as? Int == 409)
        #expect(json["detail"] as? String == "2 of 3 lines ran short.")
        #expect(json["instance"] as? String == "/api/orders")
        #expect(json["request_id"] as? String == "req-1")
        #expect(json["skus"] as? [String] == ["A", "B"])
        #expect(json["errors"] == nil)
    }

    @Test func listsFieldErrors() throws {
        let (_, json) = try render(.unprocessable([.init("items[0].quantity", "must be at least 1")]))
        let errors = try #require(json["errors"] as? [[String: String]])
        #expect(errors == [["field": "items[0].quantity", "message": "must be at least 1"]])
    }

    @Test func brokenExtensionsDoNotHideTheRest() throws {
        let (_, json) = try render(.conflict("x", extensions: ["bad": Double.nan]))
        #expect(json["status"] as? Int == 409)
    }

    @Test func headersComeAlong() throws {
        #expect(try render(.unauthorized("x")).0.headers["WWW-Authenticate"] == "Bearer")
        #expect(try render(.tooManyRequests("x", retryAfter: .milliseconds(1500))).0.headers["Retry-After"] == "2")
        #expect(try render(.unavailable("x", retryAfter: .seconds(3))).0.headers["Retry-After"] == "3")
    }

    @Test func unknownErrorsLeakNothing() async throws {
        struct Secret: Error { let password = "hunter2" }
        var router = Router()
        router.get("/") { _ in throw Secret() }
        let response = try await Responder(router: router).respond(to: Request(method: .get, target: "/"))
        let text = String(decoding: try response.bytes, as: UTF8.self)
        #expect(response.status == 500)
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("Secret"))
    }
}
