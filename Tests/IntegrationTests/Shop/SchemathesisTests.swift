import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// The description of the API against the running API, judged by an outside client: schemathesis makes requests of the
/// description, good ones and bad ones, alone and in chains, and holds each answer against it. A suite of its own in
/// script/test.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SchemathesisTests {
    enum Role: String, CaseIterable, CustomTestStringConvertible {
        case customer, seller, admin
        var testDescription: String { rawValue }
    }

    @Test(arguments: Role.allCases)
    func theServerAnswersAsItsDescriptionSays(role: Role) async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "40").0 == 0)
            try await shop.running([.api]) {
                let (status, output) = try await judge(shop, token: try await token(shop, role))
                #expect(status == 0, "\(output.suffix(20_000))")
                // The figures of the run, for whoever reads the log.
                print(output.split(separator: "\n").suffix(30).joined(separator: "\n"))
                #expect(try await shop.count("SELECT count(*) FROM users") > 1)
            }
        }
    }

    /// An account of the role, with an order of its own so that lists are not empty.
    private func token(_ shop: TestShop, _ role: Role) async throws -> String {
        let email = "\(role.rawValue)@example.com"
        _ = try await shop.customer(email: email)
        _ = try await shop.pool.query("UPDATE users SET role = \(role.rawValue) WHERE email = \(email)")
        let body = #"{"email":"\#(email)","password":"correct horse"}"#
        let token = try await shop.call("POST", "/api/users/token", body: body).json()["access"] as? String
        let variant = try await shop.variant(stock: 100)
        let order = try await shop.order([(variant.id, 1)], token: try #require(token))
        #expect(order.status == 201)
        return try #require(token)
    }

    private func judge(_ shop: TestShop, token: String) async throws -> (Int32, String) {
        let schemathesis = try TestEnvironment.value("TEST_VENV") + "/bin/schemathesis"
        let examples = TestEnvironment.isFull ? "100" : "20"
        let process = try TestProcess(
            schemathesis,
            [
                "--config-file", "Tests/Schemathesis/schemathesis.toml", "run", shop.apiURL + "/api/openapi.json",
                "--url", shop.apiURL, "--max-examples", examples, "--no-color",
            ],
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": FileManager.default.temporaryDirectory.path, "WHARF_TOKEN": token,
                "PYTHONDONTWRITEBYTECODE": "1",
            ]
        )
        let status = try await process.ended(within: .seconds(600))
        return (status, process.output)
    }
}
