import Crypto
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What goes by mail: proofs of an address, and passwords set anew. From the request to the mail and back.
@Suite struct MailboxTests {
    @Test func mailedLinksProveMailboxesAndWorkOnce() async throws {
        try await TestShop.with { shop in
            let client = AccountClient(shop: shop)
            var secrets: [String] = []
            let api = try await shop.start(.api)
            let relay = try await shop.start(.relay)
            let worker = try await shop.start(.email)
            let ada = try await client.register("ada@example.com")

            // The address is proven by the mail that registering brought.
            let first = try await token(in: "ada@example.com", "verify-email", 1, shop)
            #expect(try await profile(ada, shop)["email_verified"] as? Bool == false)
            #expect(
                try await client.post("/api/users/email/verify", ["token": first + "x"]).problem
                    == "mailed-token-refused"
            )
            #expect(try await client.post("/api/users/email/verify", ["token": first]).status == 204)
            #expect(try await client.post("/api/users/email/verify", ["token": first]).status == 422)
            #expect(try await profile(ada, shop)["email_verified"] as? Bool == true)
            // There is nothing left to prove.
            let again = try await shop.call("POST", "/api/users/email/verification", token: ada.access)
            #expect(again.status == 202)

            // A forgotten password: the answer tells nobody who has an account.
            for email in ["nobody@example.com", "ADA@example.com", "no address at all"] {
                let answer = try await client.post("/api/users/password/forgot", ["email": email])
                #expect(answer.status == 202)
                #expect(answer.body.isEmpty)
            }
            let reset = try await token(in: "ada@example.com", "reset-password", 1, shop)
            func set(_ token: String, _ password: String) async throws -> Int {
                try await client.post("/api/users/password/reset", ["token": token, "new_password": password]).status
            }
            #expect(try await set(reset, "short") == 422)
            #expect(try await set(first, "another horse") == 422)
            #expect(try await set(reset, "another horse") == 204)
            #expect(try await set(reset, "a third horse") == 422)
            #expect(try await client.refresh(ada.refresh).status == 401)
            #expect(try await client.signIn("ada@example.com", "another horse").status == 200)

            // Another mailbox: it is the account's once it is proven, and what went to the old one opens nothing then.
            _ = try await client.post("/api/users/password/forgot", ["email": "ada@example.com"])
            let stale = try await token(in: "ada@example.com", "reset-password", 2, shop)
            let session = try await client.tokens("ada@example.com", "another horse")
            _ = try await shop.person(email: "taken@example.com")
            for (email, status) in [("taken@example.com", 202), ("no address", 422), ("ada@example.org", 202)] {
                let fields = ["email": email, "password": "another horse"]
                #expect(try await client.post("/api/users/email", fields, token: session.access).status == status)
            }
            let move = try await token(in: "ada@example.org", "verify-email", 1, shop)
            #expect(try await client.signIn("ada@example.com", "another horse").status == 200)
            #expect(try await client.post("/api/users/email/verify", ["token": move]).status == 204)
            #expect(try await client.signIn("ada@example.com", "another horse").status == 401)
            #expect(try await client.signIn("ada@example.org", "another horse").status == 200)
            #expect(try await set(stale, "a third horse") == 422)

            // Five mails an hour go to one mailbox; nobody is told.
            for _ in 0..<7 {
                let answer = try await client.post("/api/users/password/forgot", ["email": "ada@example.org"])
                #expect(answer.status == 202)
            }
            try await eventually("every mail is sent") { try await shop.isIdle() }
            let mails = try shop.mail.mails()
            #expect(mails.allSatisfy { $0.to.contains("ada@example") })
            // The mail that asked for the new address was the first of the five.
            let resets: PostgresQuery = "purpose = 'reset_password' AND email = 'ada@example.org'"
            #expect(try await shop.count("SELECT count(*) FROM one_time_tokens WHERE \(resets)") == 4)
            #expect(
                try await shop.count("SELECT count(*) FROM one_time_tokens WHERE \(resets) AND used_at IS NULL") == 1
            )

            // The tokens are in the mails, and nowhere else any more.
            secrets += mails.map { Self.link($0.text) ?? "" }
            #expect(try await shop.count("SELECT count(*) FROM mail_secrets") == 0)
            for program in [worker, relay, api] { try await program.process.stop() }
            for program in [worker, relay, api] {
                for secret in secrets { #expect(!secret.isEmpty && !program.process.output.contains(secret)) }
            }
        }
    }

    private func profile(_ tokens: AccountClient.Tokens, _ shop: TestShop) async throws -> [String: Any] {
        try await shop.call("GET", "/api/users/profile", token: tokens.access).json()
    }

    /// The token of the link to a page, from the mail number `count` of its kind in a mailbox.
    private func token(in mailbox: String, _ page: String, _ count: Int, _ shop: TestShop) async throws -> String {
        var found: [String] = []
        try await eventually("mail \(count) for \(page) is in \(mailbox)", every: .milliseconds(100)) {
            found = try shop.mail.mails().filter { mail in
                mail.to.contains(mailbox) && mail.text.contains("https://shop.example.com/\(page)#")
            }.compactMap { Self.link($0.text) }
            return found.count >= count
        }
        // The files of a mailbox have no order; the newest token is the one that is still good.
        for token in found {
            let hash = SHA256.hash(Array(token.utf8))
            let isGood = try await shop.count(
                "SELECT count(*) FROM one_time_tokens WHERE token_hash = \(hash) AND used_at IS NULL"
            )
            if isGood == 1 { return token }
        }
        return found[0]
    }

    private static func link(_ text: String) -> String? {
        text.firstMatch(of: /#token=([A-Za-z0-9_-]+)/).map { String($0.output.1) }
    }
}
