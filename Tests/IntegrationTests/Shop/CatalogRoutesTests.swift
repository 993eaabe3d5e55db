import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Products, variants and images over HTTP, from the seller's and from the customer's side.
@Suite struct CatalogRoutesTests {
    private func draft(
        _ sku: String,
        category: String = "tests",
        price: Int = 1_000,
        more: String = ""
    ) -> String {
        """
        {"name":"Lantern \(sku)","category":"\(category)","currency":"EUR","variants":[\
        {"sku":"\(sku)-M","name":"M","price_amount":\(price),"stock_quantity":3,"attributes":{"size":"M","colour":"Red"}},\
        {"sku":"\(sku)-L","name":"L","price_amount":\(price + 100),"stock_quantity":0,\
        "attributes":{"size":"L","colour":"Blue"}}],\
        "images":[{"url":"https://example.com/\(sku).jpg","is_primary":true,"width":800,"height":600}]\(more)}
        """
    }

    private func created(_ draft: String, _ token: String, _ shop: TestShop) async throws -> (id: String, slug: String)
    {
        let response = try await shop.call("POST", "/api/catalog/products", token: token, body: draft)
        try #require(response.status == 201, "\(String(decoding: response.body, as: UTF8.self))")
        let product = try response.json()
        return (try #require(product["id"] as? String), try #require(product["slug"] as? String))
    }

    private func slugs(_ query: String, _ shop: TestShop) async throws -> [String] {
        let response = try await shop.call("GET", "/api/catalog/products?\(query)")
        try #require(response.status == 200, "\(query): \(String(decoding: response.body, as: UTF8.self))")
        let results = try response.json()["results"] as? [[String: Any]] ?? []
        return results.compactMap { $0["slug"] as? String }
    }

    private func category(_ shop: TestShop) async throws {
        try await shop.pool.query("INSERT INTO categories (slug, name) VALUES ('tests', 'Tests')")
    }

    @Test func sellersOwnTheirProducts() async throws {
        try await TestShop.with { shop in
            try await category(shop)
            let api = try await shop.start(.api)
            let (seller, rival) = (try await shop.person(.seller), try await shop.person(.seller).token)
            let (admin, customer) = (try await shop.person(.admin).token, try await shop.customer())
            #expect(
                try await shop.call("POST", "/api/catalog/products", token: customer, body: draft("X")).status == 403
            )
            #expect(try await shop.call("POST", "/api/catalog/products", body: draft("X")).status == 401)

            let active = try await created(draft("A"), seller.token, shop)
            let hidden = try await created(
                draft("D").replacingOccurrences(of: #""currency""#, with: #""status":"draft","currency""#),
                seller.token,
                shop
            )
            #expect(try await slugs("", shop) == [active.slug])
            #expect(try await shop.call("GET", "/api/catalog/products/\(hidden.slug)").status == 404)

            let change = #"{"description":"brighter"}"#
            for (product, token, status) in [
                (active.id, rival, 403), (hidden.id, rival, 404), (active.id, seller.token, 200),
                (hidden.id, seller.token, 200), (active.id, admin, 200), ("987654", admin, 404), ("x", admin, 404),
                (active.id, customer, 403),
            ] {
                let response = try await shop.call(
                    "PATCH",
                    "/api/catalog/products/\(product)",
                    token: token,
                    body: change
                )
                #expect(response.status == status)
            }
            func managed(_ token: String, _ query: String = "") async throws -> [String] {
                let response = try await shop.call("GET", "/api/admin/products?\(query)", token: token)
                let results = try response.json()["results"] as? [[String: Any]] ?? []
                return results.compactMap { $0["id"] as? String }
            }
            #expect(try await managed(seller.token) == [hidden.id, active.id])
            #expect(try await managed(seller.token, "status=draft") == [hidden.id])
            #expect(try await managed(seller.token, "q=brighter&sort=name&attribute=size:M") == [active.id, hidden.id])
            #expect(try await managed(rival).isEmpty)
            #expect(try await managed(admin, "seller=\(seller.id)") == [hidden.id, active.id])
            #expect(try await managed(admin, "seller=987654").isEmpty)
            let detail = try await shop.call("GET", "/api/admin/products/\(hidden.id)", token: seller.token).json()
            #expect(detail["seller_id"] as? String == String(seller.id))
            #expect(detail["status"] as? String == "draft")
            #expect(try await shop.call("GET", "/api/admin/products/\(hidden.id)", token: rival).status == 404)
            #expect(try await shop.call("GET", "/api/admin/products/\(active.id)", token: rival).status == 403)

            let path = "/api/catalog/products/\(active.id)"
            #expect(try await shop.call("DELETE", path, token: rival).status == 403)
            #expect(try await shop.call("DELETE", path, token: seller.token).status == 204)
            #expect(try await shop.call("DELETE", path, token: seller.token).status == 404)
            #expect(try await shop.variantsOutOfBalance().isEmpty)
            try await api.process.stop()
        }
    }

    @Test func filtersSortsAndPages() async throws {
        try await TestShop.with { shop in
            try await category(shop)
            try await shop.pool.query(
                """
                INSERT INTO categories (slug, name, parent_id) SELECT 'below', 'Below', id FROM categories
                """
            )
            let api = try await shop.start(.api)
            let seller = try await shop.person(.seller).token
            let (b, a, c) = (
                try await created(draft("B", price: 500, more: #","tags":["sale","camping"]"#), seller, shop).slug,
                try await created(draft("A", category: "below", price: 700, more: #","tags":["sale"]"#), seller, shop)
                    .slug,
                try await created(draft("C", price: 600, more: #","brand":"Elm"# + "\""), seller, shop).slug
            )
            for (query, expected) in [
                ("sort=newest", [c, a, b]), ("sort=price", [b, c, a]), ("sort=-price", [a, c, b]),
                ("sort=name", [a, b, c]), ("sort=-name", [c, b, a]),
                ("sort=name&page_size=2", [a, b]), ("sort=name&page_size=2&page=2", [c]),
                ("category=tests&sort=name", [a, b, c]), ("category=below", [a]), ("category=none", []),
                ("tag=sale&sort=name", [a, b]), ("tag=sale&tag=camping", [b]), ("tag=none", []),
                ("brand=elm", [c]), ("min_price=600&max_price=600", [c]),
                ("attribute=size:M&sort=name", [a, b, c]), ("attribute=size:M&attribute=size:L&sort=name", [a, b, c]),
                ("attribute=size:S", []), ("attribute=size:M&attribute=colour:Red&sort=name", [a, b, c]),
                // Both are there, but no variant has both.
                ("attribute=size:M&attribute=colour:Blue", []),
            ] {
                #expect(try await slugs(query, shop) == expected, "\(query)")
            }
            for query in ["tag=Big+Sale", "attribute=size", "attribute=:M", "sort=colour", "page=0"] {
                #expect(try await shop.call("GET", "/api/catalog/products?\(query)").status == 422, "\(query)")
            }
            try await api.process.stop()
        }
    }

    @Test func variantsAndImagesOneByOne() async throws {
        try await TestShop.with { shop in
            try await category(shop)
            let api = try await shop.start(.api)
            let seller = try await shop.person(.seller).token
            let product = try await created(draft("P"), seller, shop)
            let path = "/api/catalog/products/\(product.id)"
            func send(_ method: String, _ part: String, _ body: String? = nil) async throws -> HTTPResponse {
                try await shop.call(method, path + part, token: seller, body: body)
            }
            func detail() async throws -> [String: Any] {
                try await shop.call("GET", "/api/catalog/products/\(product.slug)").json()
            }
            func parts(_ name: String, _ key: String) async throws -> [String] {
                (try await detail()[name] as? [[String: Any]] ?? []).compactMap { $0[key] as? String }
            }

            let small = try await send(
                "POST",
                "/variants",
                #"{"sku":"P-S","price_amount":800,"compare_at_amount":900,"stock_quantity":2,"attributes":{"size":"S"}}"#
            )
            #expect(small.status == 201)
            let variant = try #require(try small.json()["id"] as? String)
            #expect(try await detail()["price_amount"] as? Int == 800)
            #expect(try await detail()["compare_at_amount"] as? Int == 900)
            #expect(try await slugs("attribute=size:S", shop) == [product.slug])
            #expect(
                try await send("POST", "/variants", #"{"sku":"P-S","price_amount":1,"stock_quantity":1}"#).status == 422
            )
            let renamed = try await send(
                "PATCH",
                "/variants/\(variant)",
                #"{"sku":"P-XS","compare_at_amount":null,"stock_quantity":7,"low_stock_threshold":9}"#
            )
            #expect(renamed.status == 200)
            #expect(try renamed.json()["id"] as? String == variant)
            #expect(try renamed.json()["low_stock_threshold"] as? Int == 9)
            #expect(try await parts("variants", "sku") == ["P-M", "P-L", "P-XS"])
            #expect(try await detail()["compare_at_amount"] == nil)
            #expect(try await send("PATCH", "/variants/987654", "{}").status == 404)
            #expect(try await send("DELETE", "/variants/\(variant)").status == 204)
            let left = try await parts("variants", "id")
            #expect(try await send("DELETE", "/variants/\(left[1])").status == 204)
            #expect(try await send("DELETE", "/variants/\(left[0])").status == 409)
            #expect(try await shop.variantsOutOfBalance().isEmpty)

            let first = try await parts("images", "id")[0]
            let added = try await send("POST", "/images", #"{"url":"https://example.com/2.jpg","is_primary":true}"#)
            #expect(added.status == 201)
            let second = try #require(try added.json()["id"] as? String)
            #expect(try await detail()["primary_image_url"] as? String == "https://example.com/2.jpg")
            #expect(try await send("POST", "/images", #"{"url":"https://example.com/2.jpg"}"#).status == 422)
            #expect(try await send("POST", "/images", #"{"url":"javascript:alert(1)"}"#).status == 422)
            #expect(try await send("PUT", "/images", "{\"image_ids\":[\"\(second)\",\"\(first)\"]}").status == 200)
            #expect(try await parts("images", "id") == [second, first])
            #expect(try await send("PUT", "/images", "{\"image_ids\":[\"\(second)\"]}").status == 422)
            let changed = try await send(
                "PATCH",
                "/images/\(first)",
                #"{"is_primary":true,"alt":"A","width":null,"height":null}"#
            )
            #expect(changed.status == 200)
            #expect(try changed.json()["width"] == nil)
            #expect(try await detail()["primary_image_url"] as? String == "https://example.com/P.jpg")
            #expect(try await send("DELETE", "/images/\(first)").status == 204)
            #expect(try await detail()["primary_image_url"] as? String == "https://example.com/2.jpg")
            #expect(try await send("DELETE", "/images/\(second)").status == 409)
            #expect(try await send("PATCH", "", #"{"status":"draft"}"#).status == 200)
            #expect(try await send("DELETE", "/images/\(second)").status == 204)
            #expect(try await send("PATCH", "", #"{"status":"active"}"#).status == 422)
            try await api.process.stop()
        }
    }

    @Test func conditionalRequests() async throws {
        try await TestShop.with { shop in
            try await category(shop)
            let api = try await shop.start(.api)
            let seller = try await shop.person(.seller).token
            let product = try await created(draft("P"), seller, shop)
            func get(_ path: String, _ known: String? = nil) async throws -> HTTPResponse {
                try await shop.client.send(
                    HTTPRequest(
                        method: "GET",
                        url: shop.apiURL + path,
                        headers: known.map { [("If-None-Match", $0)] } ?? []
                    )
                )
            }
            func edit(_ method: String, _ condition: String, _ body: String? = nil) async throws -> Int {
                try await shop.client.send(
                    HTTPRequest(
                        method: method,
                        url: shop.apiURL + "/api/catalog/products/\(product.id)",
                        headers: [
                            ("Authorization", "Bearer \(seller)"), ("If-Match", condition),
                            ("Content-Type", "application/json"),
                        ],
                        body: body.map { Array($0.utf8) }
                    )
                ).status
            }
            let detail = "/api/catalog/products/\(product.slug)"
            var tags: [String: String] = [:]
            for path in [detail, "/api/catalog/products", "/api/catalog/categories", "/api/catalog/brands"] {
                let first = try await get(path)
                let tag = try #require(first.headers["etag"])
                #expect(first.headers["cache-control"] == "public, no-cache")
                let again = try await get(path, tag)
                #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag)
                tags[path] = tag
            }
            let read = try #require(tags[detail])
            // A sale changes what is shown, and is no edit.
            let customer = try await shop.customer()
            let variant = try await shop.count("SELECT id FROM product_variants WHERE sku = 'P-M'")
            #expect(try await shop.order([(Int64(variant), 1)], token: customer).status == 201)
            #expect(try await get(detail, read).status == 200)
            #expect(try await edit("PATCH", read, #"{"name":"Lamp"}"#) == 200)
            #expect(try await edit("PATCH", read, #"{"name":"Torch"}"#) == 412)
            #expect(try await edit("DELETE", read) == 412)
            let listed = try await get("/api/catalog/products", tags["/api/catalog/products"])
            #expect(listed.status == 200)
            #expect(String(decoding: listed.body, as: UTF8.self).contains("Lamp"))
            #expect(try await edit("DELETE", try #require(try await get(detail).headers["etag"])) == 204)
            // The order keeps its line without the variant.
            #expect(try await shop.count("SELECT count(*) FROM order_items WHERE variant_id IS NULL") == 1)
            #expect(try await shop.variantsOutOfBalance().isEmpty)
            try await api.process.stop()
        }
    }

    @Test func listsNeedAsManyStatementsForAHundredRowsAsForOne() async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "1").0 == 0)
            let api = try await shop.start(.api)
            let admin = try await shop.person(.admin).token
            let paths = [
                "/api/catalog/products?page_size=100", "/api/catalog/categories", "/api/catalog/brands?page_size=100",
                "/api/admin/products?page_size=100", "/api/admin/stock?page_size=100",
                "/api/catalog/products?page_size=100&attribute=size:M&attribute=colour:Red&tag=winter&sort=name",
            ]
            func statements() async throws -> [Int] {
                var counts: [Int] = []
                for path in paths {
                    let count = try await shop.statements(of: api) {
                        _ = try await shop.call("GET", path, token: admin)
                    }
                    counts.append(count)
                }
                return counts
            }
            let one = try await statements()
            #expect(try await shop.wharf("catalog", "seed", "--products", "150").0 == 0)
            try await shop.pool.query(
                "INSERT INTO categories (slug, name) SELECT 'c' || n, 'C' FROM generate_series(1, 100) n"
            )
            #expect(try await statements() == one)
            #expect(one.allSatisfy { (1...4).contains($0) }, "\(one)")
            #expect(try await slugs("page_size=100", shop).count == 100)
            try await api.process.stop()
        }
    }
}
