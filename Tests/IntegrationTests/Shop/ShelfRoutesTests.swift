import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Categories and brands over HTTP, and how search follows them.
@Suite struct ShelfRoutesTests {
    private func status(_ response: HTTPResponse) throws -> String {
        guard response.status >= 400 else { return "\(response.status)" }
        let type = try response.json()["type"] as? String ?? ""
        return "\(response.status) \(type.split(separator: "/").last ?? "")"
    }

    @Test func categoriesAreATree() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let seller = try await shop.person(.seller).token
            func send(_ method: String, _ slug: String, _ body: String? = nil, _ token: String) async throws -> String {
                let path = "/api/catalog/categories" + (slug.isEmpty ? "" : "/" + slug)
                return try status(try await shop.call(method, path, token: token, body: body))
            }
            #expect(try await send("POST", "", #"{"name":"Home"}"#, seller) == "403 forbidden")
            #expect(try await send("POST", "", #"{"name":"Home"}"#, admin) == "201")
            #expect(try await send("POST", "", #"{"name":"Home"}"#, admin) == "409 slug-taken")
            #expect(try await send("POST", "", #"{"name":"Garden & Yard","parent":"home"}"#, admin) == "201")
            #expect(try await send("POST", "", #"{"name":"Lights","parent":"garden-yard"}"#, admin) == "201")
            #expect(try await send("POST", "", #"{"name":"Attic","parent":"nowhere"}"#, admin) == "422 invalid-fields")
            #expect(try await send("POST", "", #"{"name":"!!"}"#, admin) == "422 invalid-fields")
            #expect(try await send("PATCH", "home", #"{"parent":"lights"}"#, admin) == "422 invalid-fields")
            #expect(try await send("PATCH", "home", #"{"parent":"home"}"#, admin) == "422 invalid-fields")
            #expect(try await send("PATCH", "lights", #"{"slug":"home"}"#, admin) == "409 slug-taken")
            #expect(try await send("PATCH", "nothing", #"{"name":"X"}"#, admin) == "404 not-found")
            let lights = try await shop.call("GET", "/api/catalog/categories/lights").json()
            #expect(lights["path"] as? [String] == ["home", "garden-yard", "lights"])
            let home = try await shop.call("GET", "/api/catalog/categories/home").json()
            #expect((home["children"] as? [[String: Any]])?.compactMap { $0["slug"] as? String } == ["garden-yard"])

            #expect(try await send("DELETE", "garden-yard", nil, admin) == "409 category-in-use")
            #expect(try await send("PATCH", "lights", #"{"parent":null}"#, admin) == "200")
            #expect(try await send("DELETE", "garden-yard", nil, admin) == "204")
            #expect(try await send("DELETE", "garden-yard", nil, admin) == "404 not-found")

            // Two moves at once that would close a circle together: one of them is refused.
            #expect(try await send("POST", "", #"{"name":"Left"}"#, admin) == "201")
            #expect(try await send("POST", "", #"{"name":"Right"}"#, admin) == "201")
            let moves = try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask { try await send("PATCH", "left", #"{"parent":"right"}"#, admin) }
                group.addTask { try await send("PATCH", "right", #"{"parent":"left"}"#, admin) }
                return try await group.reduce(into: [String]()) { $0.append($1) }.sorted()
            }
            #expect(moves == ["200", "422 invalid-fields"])
            try await api.process.stop()
        }
    }

    @Test func brandsAndSearchFollow() async throws {
        try await TestShop.with { shop in
            let admin = try await {
                let api = try await shop.start(.api)
                let admin = try await shop.person(.admin).token
                for body in [#"{"name":"Home"}"#, #"{"name":"Lights","parent":"home"}"#] {
                    let answer = try await shop.call("POST", "/api/catalog/categories", token: admin, body: body)
                    #expect(answer.status == 201)
                }
                try await api.process.stop()
                return admin
            }()
            try await shop.running([.relay, .search, .api]) {
                let draft = #"""
                    {"name":"Lantern","category":"lights","brand":"Elm","currency":"EUR","tags":["winter-sale"],
                    "variants":[{"sku":"L-M","price_amount":900,"compare_at_amount":1000,"stock_quantity":1,
                    "attributes":{"size":"M"}},{"sku":"L-L","price_amount":950,"stock_quantity":1,
                    "attributes":{"size":"L"}}],"images":[{"url":"https://example.com/l.jpg","is_primary":true}]}
                    """#
                #expect(try await shop.call("POST", "/api/catalog/products", token: admin, body: draft).status == 201)
                func count(_ query: String) async throws -> Int? {
                    let answer = try await shop.call("GET", "/api/search/products?\(query)").json()
                    return answer["source"] as? String == "search" ? answer["count"] as? Int : nil
                }
                for query in [
                    "q=lantern", "category=home", "category=lights", "tag=winter-sale", "q=winter", "attribute=size:M",
                    "attribute=size:S&attribute=size:L", "brand=elm",
                ] {
                    try await eventually("\(query) finds the product") { try await count(query) == 1 }
                }
                #expect(try await count("attribute=size:S") == 0)
                let facets = try #require(
                    try await shop.call("GET", "/api/search/products?attribute=size:M").json()["facets"]
                        as? [String: Any]
                )
                let sizes = try #require((facets["attributes"] as? [String: [[String: Any]]])?["size"])
                #expect(Set(sizes.compactMap { $0["value"] as? String }) == ["M", "L"])

                let brand = "/api/catalog/brands/elm"
                #expect(try status(try await shop.call("DELETE", brand, token: admin)) == "409 brand-in-use")
                let renamed = try await shop.call("PATCH", brand, token: admin, body: #"{"name":"Oak","slug":"oak"}"#)
                #expect(renamed.status == 200)
                try await eventually("the brand is renamed in the index") { try await count("brand=oak") == 1 }
                let moved = try await shop.call(
                    "PATCH",
                    "/api/catalog/categories/lights",
                    token: admin,
                    body: #"{"parent":null}"#
                )
                #expect(moved.status == 200)
                try await eventually("the move shows in the index") { try await count("category=home") == 0 }
                #expect(try await count("category=lights") == 1)
                #expect(
                    try status(
                        try await shop.call("POST", "/api/catalog/brands", token: admin, body: #"{"name":"Oak"}"#)
                    ) == "409 slug-taken"
                )
                #expect(
                    try status(
                        try await shop.call("POST", "/api/catalog/brands", token: admin, body: #"{"name":"Ash"}"#)
                    ) == "201"
                )
                let brands = try await shop.call("GET", "/api/catalog/brands").json()
                #expect(
                    (brands["results"] as? [[String: Any]])?.compactMap { $0["slug"] as? String } == ["ash", "oak"]
                )
                #expect(try status(try await shop.call("DELETE", "/api/catalog/brands/ash", token: admin)) == "204")
                try await eventually("nothing is left to do") { try await shop.isIdle() }
            }
        }
    }
}
