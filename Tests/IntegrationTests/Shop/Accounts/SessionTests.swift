import Crypto
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Signing in, going on, signing out, and being shut out.
@Suite struct SessionTests {
    @Test func sessionsEndAsTheirOwnersSay() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let client = AccountClient(shop: shop)
            let first = try await client.register("ada@example.com")
            #expect(try await client.signIn("ADA@example.com").status == 200)

            // A refresh token works once; its second use ends the family.
            let next = try client.tokens(try await client.refresh(first.refresh))
            #expect(try await client.refresh(first.refresh).status == 401)
            #expect(try await client.refresh(next.refresh).status == 401)

            // Signing out ends this session alone, or all of them.
            let sessions = try await [client.tokens("ada@example.com"), client.tokens("ada@example.com")]
            #expect(try await client.post("/api/users/logout", ["refresh": sessions[0].refresh]).status == 204)
            #expect(try await client.post("/api/users/logout", ["refresh": sessions[0].refresh]).status == 204)
            #expect(try await client.refresh(sessions[0].refresh).status == 401)
            let alive = try client.tokens(try await client.refresh(sessions[1].refresh))
            let everywhere = try await client.post(
                "/api/users/logout",
                ["refresh": try await client.tokens("ada@example.com").refresh, "all_sessions": true]
            )
            #expect(everywhere.status == 204)
            #expect(try await client.refresh(alive.refresh).status == 401)
            #expect(try await client.post("/api/users/logout", ["refresh": first.access]).status == 401)

            try await passwordsChange(client)
            try await api.process.stop()
        }
    }

    private func passwordsChange(_ client: AccountClient) async throws {
        let here = try await client.tokens("ada@example.com")
        let elsewhere = try await client.tokens("ada@example.com")
        func change(from old: String, to new: String) async throws -> HTTPResponse {
            try await client.post(
                "/api/users/password",
                ["current_password": old, "new_password": new],
                token: here.access
            )
        }
        #expect(try await change(from: "not the password", to: "another horse").status == 401)
        #expect(try await change(from: Person.password, to: "short").status == 422)
        #expect(try await change(from: Person.password, to: Person.password).status == 422)
        #expect(try await change(from: Person.password, to: "another horse").status == 204)
        #expect(try await client.refresh(elsewhere.refresh).status == 401)
        #expect(try await client.refresh(here.refresh).status == 200)
        #expect(try await client.signIn("ada@example.com").status == 401)
        #expect(try await client.signIn("ada@example.com", "another horse").status == 200)
    }

    /// Failures are counted in the database, so that a second API process knows them too.
    @Test func guessingIsSlowedDownForKnownAndUnknownAccountsAlike() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let otherPort = try freePort()
            let other = try await shop.start(.api, ["HTTP_PORT": String(otherPort)])
            let client = AccountClient(shop: shop)
            let ada = try await shop.person()
            func there(_ email: String, _ password: String) async throws -> HTTPResponse {
                try await shop.client.send(
                    HTTPRequest(
                        method: "POST",
                        url: "http://127.0.0.1:\(otherPort)/api/users/token",
                        headers: [("Content-Type", "application/json")],
                        body: Array(try client.json(["email": email, "password": password]).utf8),
                        timeout: .seconds(30)
                    )
                )
            }
            // What succeeds does not count.
            for _ in 0..<12 { #expect(try await client.signIn(ada.email).status == 200) }
            for email in [ada.email, "nobody@example.com"] {
                for number in 0..<10 {
                    let answer =
                        try await number % 2 == 0
                        ? client.signIn(email, "wrong password") : there(email, "wrong password")
                    #expect(answer.status == 401)
                }
                for answer in [
                    try await client.signIn(email, "wrong password"), try await there(email, Person.password),
                ] {
                    #expect(answer.status == 429)
                    let seconds = Int(answer.headers["retry-after"] ?? "") ?? 0
                    #expect((1...900).contains(seconds))
                }
            }
            // Other accounts go on, until one client address has had its share.
            let eve = try await shop.person()
            #expect(try await client.signIn(eve.email).status == 200)
            let address = SHA256.hash(Array("address 127.0.0.1".utf8))
            try await shop.pool.query("UPDATE attempt_counts SET attempts = 100 WHERE key = \(address)")
            #expect(try await client.signIn(eve.email).status == 429)
            try await shop.pool.query("UPDATE attempt_counts SET window_ends_at = now() - interval '1 second'")
            #expect(try await client.signIn(ada.email).status == 200)

            // However many guess at once, no more get through than one after the other.
            let bob = try await shop.person()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        try await number % 2 == 0
                            ? client.signIn(bob.email, "wrong").status : there(bob.email, "wrong").status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 401 } == 10)
            #expect(statuses.count { $0 == 429 } == 20)
            try await other.process.stop()
            try await api.process.stop()
        }
    }

    @Test func aSecondFactorIsAskedForAndNoCodeWorksTwice() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let client = AccountClient(shop: shop)
            let ada = try await shop.person()
            #expect(
                try await client.post("/api/users/otp", ["password": "wrong password"], token: ada.token).status == 401
            )
            let enrolment = try await client.post("/api/users/otp", ["password": Person.password], token: ada.token)
            #expect(enrolment.status == 201)
            let uri = try enrolment.json()["otpauth_uri"] as? String ?? ""
            #expect(uri.hasPrefix("otpauth://totp/Wharf:"))
            // Not before it is confirmed.
            #expect(try await client.signIn(ada.email).status == 200)
            func code(_ step: Int64) async throws -> String { try await self.code(of: ada, step, shop) }
            let now = Self.step()
            let confirm = "/api/users/otp/confirm"
            #expect(try await client.post(confirm, ["otp": "000000x"], token: ada.token).problem == "otp-refused")
            let confirmed = try await client.post(confirm, ["otp": try await code(now)], token: ada.token)
            let recovery = try confirmed.json()["recovery_codes"] as? [String] ?? []
            #expect(recovery.count == 10)
            #expect(try await client.post(confirm, ["otp": try await code(now + 1)], token: ada.token).status == 409)
            #expect(
                try await client.post("/api/users/otp", ["password": Person.password], token: ada.token).status == 409
            )

            // From here on a code is asked for, and only where the password is right.
            #expect(try await client.signIn(ada.email).problem == "otp-required")
            #expect(try await client.signIn(ada.email, "wrong password").problem == "unauthorized")
            #expect(try await client.signIn(ada.email, otp: try await code(now)).problem == "otp-refused")
            let good = try await code(now + 1)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await client.signIn(ada.email, otp: good).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 401, 401, 401])
            #expect(try await client.signIn(ada.email, otp: recovery[3].lowercased()).status == 200)
            #expect(try await client.signIn(ada.email, otp: recovery[3]).problem == "otp-refused")
            let state = try await shop.call("GET", "/api/users/otp", token: ada.token).json()
            #expect(state["enabled"] as? Bool == true)
            #expect(state["recovery_codes_left"] as? Int == 9)

            let proof = try client.json(["password": Person.password, "otp": recovery[4]])
            #expect(try await shop.call("DELETE", "/api/users/otp", token: ada.token, body: proof).status == 204)
            #expect(try await shop.call("DELETE", "/api/users/otp", token: ada.token, body: proof).status == 409)
            #expect(try await client.signIn(ada.email).status == 200)
            try await api.process.stop()
        }
    }

    private static func step() -> Int64 { TOTP.step(at: Date()) }

    private func code(of person: Person, _ step: Int64, _ shop: TestShop) async throws -> String {
        let rows = try await shop.pool.query("SELECT secret FROM totp_factors WHERE user_id = \(person.id)")
        return TOTP(secret: try rows[0].decode(0, as: [UInt8].self)).code(step: step)
    }
}
