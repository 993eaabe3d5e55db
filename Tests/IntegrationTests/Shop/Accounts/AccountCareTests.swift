import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// What owners and admins do with accounts: addresses, names, the end.
@Suite struct AccountCareTests {
    @Test func oneAddressIsTheDefaultWhileThereIsAny() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let client = AccountClient(shop: shop)
            let ada = try await shop.person()
            let eve = try await shop.person()
            func draft(_ line: String, isDefault: Bool? = nil) throws -> String {
                var fields: [String: Any] = ["line1": line, "city": "Hull", "postal_code": "HU1", "country": "GB"]
                fields["is_default"] = isDefault
                return try client.json(fields)
            }
            func call(_ method: String, _ id: String = "", _ body: String? = nil, by person: Person) async throws
                -> HTTPResponse
            {
                let path = "/api/users/addresses" + (id.isEmpty ? "" : "/\(id)")
                return try await shop.call(method, path, token: person.token, body: body)
            }
            /// The lines of the addresses, the default first.
            func lines() async throws -> [String] {
                let response = try await call("GET", by: ada)
                let list = try JSONSerialization.jsonObject(with: Data(response.body)) as? [[String: Any]] ?? []
                #expect(list.count { $0["is_default"] as? Bool == true } == min(1, list.count))
                #expect(list.isEmpty || list[0]["is_default"] as? Bool == true)
                return list.map { $0["line1"] as? String ?? "" }
            }
            func add(_ line: String, isDefault: Bool? = nil) async throws -> String {
                try await call("POST", "", try draft(line, isDefault: isDefault), by: ada).json()["id"] as? String ?? ""
            }
            let quay = try await add("1 Quay", isDefault: false)
            let dock = try await add("2 Dock")
            #expect(try await lines() == ["1 Quay", "2 Dock"])
            let pier = try await add("3 Pier", isDefault: true)
            #expect(try await lines() == ["3 Pier", "2 Dock", "1 Quay"])
            #expect(try await call("PUT", dock, try draft("2 New Dock", isDefault: true), by: ada).status == 200)
            #expect(try await call("PUT", dock, try draft("2 Old Dock", isDefault: false), by: ada).status == 200)
            #expect(try await lines() == ["2 Old Dock", "3 Pier", "1 Quay"])
            #expect(try await call("DELETE", dock, by: ada).status == 204)
            #expect(try await lines() == ["3 Pier", "1 Quay"])
            let bad = try await call(
                "POST",
                "",
                #"{"line1":"","city":"Hull","postal_code":"HU1","country":"uk"}"#,
                by: ada
            )
            #expect(bad.status == 422)
            let fields = try bad.json()["errors"] as? [[String: Any]] ?? []
            #expect(fields.compactMap { $0["field"] as? String }.sorted() == ["country", "line1"])

            // Somebody else's are not there.
            for (method, body) in [("GET", nil), ("PUT", try draft("Eve's", isDefault: true)), ("DELETE", nil)] {
                #expect(try await call(method, quay, body, by: eve).status == 404)
                #expect(try await call(method, "x1", body, by: ada).status == 404)
            }
            #expect(try await lines() == ["3 Pier", "1 Quay"])

            // Many at once: one default, and no more than fit.
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<24 {
                    let body = try draft("\(number) Row", isDefault: number % 3 == 0)
                    group.addTask {
                        try await shop.call("POST", "/api/users/addresses", token: ada.token, body: body).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 18)
            #expect(statuses.count { $0 == 409 } == 6)
            #expect(try await lines().count == 20)

            // The database itself takes no account that has addresses and no default.
            await #expect(throws: PostgresError.self) {
                try await shop.pool.query("UPDATE addresses SET is_default = false WHERE user_id = \(ada.id)")
            }
            #expect(!pier.isEmpty)
            try await api.process.stop()
        }
    }

    @Test func aClosedAccountKeepsItsOrdersAndNothingElse() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let client = AccountClient(shop: shop)
            let tokens = try await client.register("ada@example.com")
            let variant = try await shop.variant(stock: 2)
            let order = try await shop.order([(variant.id, 1)], token: tokens.access)
            #expect(order.status == 201)
            let address = #"{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}"#
            #expect(
                try await shop.call("POST", "/api/users/addresses", token: tokens.access, body: address).status == 201
            )
            func close(_ password: String) async throws -> Int {
                let body = try client.json(["password": password])
                return try await shop.call("DELETE", "/api/users/profile", token: tokens.access, body: body).status
            }
            #expect(try await close("wrong password") == 401)
            #expect(try await close(Person.password) == 204)

            #expect(try await client.signIn("ada@example.com").status == 401)
            #expect(try await client.refresh(tokens.refresh).status == 401)
            #expect(try await shop.call("GET", "/api/users/profile", token: tokens.access).status == 401)
            #expect(try await shop.order([(variant.id, 1)], token: tokens.access).status == 401)
            for table in ["addresses", "refresh_tokens", "one_time_tokens", "idempotency_keys"] {
                #expect(try await shop.count("SELECT count(*) FROM \(unsafeSQL: table)") == 0, "rows left in \(table)")
            }
            #expect(
                try await shop.count(
                    """
                    SELECT count(*) FROM users u JOIN orders o ON o.user_id = u.id
                    WHERE u.deleted_at IS NOT NULL AND NOT u.is_active AND u.email NOT LIKE '%ada%'
                        AND u.first_name = 'Deleted' AND o.order_number = \(try order.json()["order_number"] as? String)
                    """
                ) == 1
            )
            // The address is free again; the last admin is not.
            #expect(try await client.register("ada@example.com").access.isEmpty == false)
            let admin = try await shop.person(.admin)
            let body = try client.json(["password": Person.password])
            let last = try await shop.call("DELETE", "/api/users/profile", token: admin.token, body: body)
            #expect(last.problem == "own-account")
            try await api.process.stop()
        }
    }

    @Test func adminsFindAndChangeAccounts() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let client = AccountClient(shop: shop)
            let admin = try await shop.person(.admin, email: "root@example.com")
            let ada = try await shop.person(email: "ada_1@example.com")
            let bob = try await shop.person(.seller, email: "bob@example.com")
            _ = try await shop.person(email: "adab1@example.com")
            func emails(_ query: String) async throws -> [String] {
                let page = try await shop.call("GET", "/api/admin/users?\(query)", token: admin.token).json()
                let results = page["results"] as? [[String: Any]] ?? []
                #expect(page["count"] as? Int ?? -1 >= results.count)
                return results.compactMap { $0["email"] as? String }
            }
            #expect(try await emails("q=a%20LOVE").count == 4)
            #expect(try await emails("q=ADAB") == ["adab1@example.com"])
            #expect(try await emails("q=ada_") == ["ada_1@example.com"])
            #expect(try await emails("role=seller&is_active=true") == ["bob@example.com"])
            #expect(try await emails("page=2&page_size=3") == ["root@example.com"])
            #expect(
                try await shop.call("GET", "/api/admin/users?role=king&is_active=maybe", token: admin.token).status
                    == 422
            )

            func change(_ person: Person, _ fields: [String: Any]) async throws -> HTTPResponse {
                let body = try client.json(fields)
                return try await shop.call("PATCH", "/api/admin/users/\(person.id)", token: admin.token, body: body)
            }
            // A role that changes ends what was signed with the old one, at once.
            let session = try await client.tokens(ada.email)
            #expect(try await change(ada, ["role": "seller"]).json()["role"] as? String == "seller")
            #expect(try await client.refresh(session.refresh).status == 401)
            let rename = #"{"last_name":"King"}"#
            #expect(try await shop.call("PATCH", "/api/users/profile", token: ada.token, body: rename).status == 401)
            #expect(try await client.signIn(ada.email).status == 200)

            // A closed account neither signs in, nor goes on, nor writes.
            let bobs = try await client.tokens(bob.email)
            #expect(try await change(bob, ["is_active": false]).json()["is_active"] as? Bool == false)
            #expect(try await client.signIn(bob.email).status == 401)
            #expect(try await client.refresh(bobs.refresh).status == 401)
            #expect(try await shop.call("PATCH", "/api/users/profile", token: bobs.access, body: rename).status == 401)
            #expect(try await emails("is_active=false") == ["bob@example.com"])
            #expect(try await change(bob, ["is_active": true]).status == 200)
            #expect(try await client.signIn(bob.email).status == 200)

            #expect(try await change(admin, ["role": "customer"]).problem == "own-account")
            for (fields, status) in [([:], 422), (["role": "king"], 422), (["role": "admin"], 200)]
                as [([String: Any], Int)]
            {
                #expect(try await change(bob, fields).status == status)
            }
            #expect(try await shop.call("GET", "/api/admin/users/987654321", token: admin.token).status == 404)
            try await api.process.stop()
        }
    }
}
