import Accounts
import Foundation
import Postgres
import TestSupport

/// Products with their parts, categories and brands.
extension PermissionCells {
    static let catalog: [String: RouteCell] = [
        "GET /api/catalog/categories": RouteCell("/api/catalog/categories"),
        "GET /api/catalog/categories/{slug}": RouteCell { shop, _, _ in .init(try await shelf("categories", shop)) },
        "POST /api/catalog/categories": RouteCell { _, _, _ in .init("/api/catalog/categories", shelfDraft()) },
        "PATCH /api/catalog/categories/{slug}": RouteCell { shop, _, _ in
            .init(try await shelf("categories", shop), #"{"name":"Cups"}"#)
        },
        "DELETE /api/catalog/categories/{slug}": RouteCell { shop, _, _ in .init(try await shelf("categories", shop)) },
        "GET /api/catalog/brands": RouteCell("/api/catalog/brands"),
        "POST /api/catalog/brands": RouteCell { _, _, _ in .init("/api/catalog/brands", shelfDraft()) },
        "PATCH /api/catalog/brands/{slug}": RouteCell { shop, _, _ in
            .init(try await shelf("brands", shop), #"{"name":"Elm \#(unique())"}"#)
        },
        "DELETE /api/catalog/brands/{slug}": RouteCell { shop, _, _ in .init(try await shelf("brands", shop)) },
        "GET /api/catalog/products": RouteCell("/api/catalog/products"),
        "GET /api/catalog/products/{product}": RouteCell { shop, owner, _ in
            .init("/api/catalog/products/\(try await goods(shop, owner).slug)")
        },
        "GET /api/search/products": RouteCell("/api/search/products?q=mug"),
        "GET /api/admin/products": RouteCell("/api/admin/products"),
        "POST /api/catalog/products": RouteCell { shop, owner, _ in
            // Makes the category.
            _ = try await goods(shop, owner)
            return .init("/api/catalog/products", productDraft())
        },
        "GET /api/admin/products/{product}": ofProduct { goods in .init("/api/admin/products/\(goods.id)") },
        "PUT /api/catalog/products/{product}": ofProduct { goods in .init(goods.path, productDraft()) },
        "PATCH /api/catalog/products/{product}": ofProduct { goods in .init(goods.path, #"{"name":"Mug"}"#) },
        "DELETE /api/catalog/products/{product}": ofProduct { goods in .init(goods.path) },
        "POST /api/catalog/products/{product}/variants": ofProduct { goods in
            .init(goods.path + "/variants", variantDraft(#""attributes":{"size":"XL"}"#))
        },
        "PATCH /api/catalog/products/{product}/variants/{variant_id}": ofProduct { goods in
            .init("\(goods.path)/variants/\(goods.variants[0])", #"{"price_amount":200}"#)
        },
        "DELETE /api/catalog/products/{product}/variants/{variant_id}": ofProduct { goods in
            .init("\(goods.path)/variants/\(goods.variants[1])")
        },
        "POST /api/catalog/products/{product}/images": ofProduct { goods in
            .init(goods.path + "/images", #"{"url":"https://example.com/\#(unique()).png"}"#)
        },
        "PUT /api/catalog/products/{product}/images": ofProduct { goods in
            .init(goods.path + "/images", #"{"image_ids":["\#(goods.images[1])","\#(goods.images[0])"]}"#)
        },
        "PATCH /api/catalog/products/{product}/images/{image_id}": ofProduct { goods in
            .init("\(goods.path)/images/\(goods.images[0])", #"{"alt":"A mug"}"#)
        },
        "DELETE /api/catalog/products/{product}/images/{image_id}": ofProduct { goods in
            .init("\(goods.path)/images/\(goods.images[1])")
        },
    ]

    /// A product on sale with two variants and two images; its seller is whoever owns it, if that is a seller.
    private struct Goods: Sendable {
        let id: Int64
        let slug: String
        let variants: [Int64]
        let images: [Int64]

        var path: String { "/api/catalog/products/\(id)" }
    }

    private static func ofProduct(_ use: @escaping @Sendable (Goods) -> RouteCell.Use) -> RouteCell {
        RouteCell(owner: .seller) { shop, owner, _ in use(try await goods(shop, owner)) }
    }

    private static func goods(_ shop: TestShop, _ owner: Person) async throws -> Goods {
        let first = try await variant(shop, of: owner)
        let answers = try await shop.pool.pipeline([
            "SELECT p.id, p.slug FROM products p JOIN product_variants v ON v.product_id = p.id WHERE v.id = \(first)",
            """
            INSERT INTO product_variants (product_id, sku, name, price_amount, stock_quantity, attributes)
            SELECT product_id, \("V-" + unique()), 'Large', 1000, 0, '{"size": "L"}'
            FROM product_variants WHERE id = \(first) RETURNING id
            """,
            """
            INSERT INTO product_images (product_id, url, is_primary, position)
            SELECT product_id, 'https://example.com/' || n || '.png', n = 0, n
            FROM product_variants, generate_series(0, 1) n WHERE id = \(first) RETURNING id
            """,
        ])
        let (id, slug) = try answers[0][0].decode(Int64.self, String.self)
        return Goods(
            id: id,
            slug: slug,
            variants: [first, try answers[1][0].decode(0)],
            images: try answers[2].map { try $0.decode(0) }
        )
    }

    /// The path of a new category or brand.
    private static func shelf(_ table: String, _ shop: TestShop) async throws -> String {
        let slug = "s-" + unique().lowercased()
        try await shop.pool.query("INSERT INTO \(unsafeSQL: table) (slug, name) VALUES (\(slug), \("Elm " + slug))")
        return "/api/catalog/\(table)/\(slug)"
    }

    private static func shelfDraft() -> String { #"{"name":"Shelf \#(unique())"}"# }

    private static func variantDraft(_ more: String) -> String {
        #"{"sku":"P-\#(unique())","price_amount":100,"stock_quantity":1,\#(more)}"#
    }

    /// In the category that `TestShop.variant` makes.
    private static func productDraft() -> String {
        let variant = variantDraft(#""name":"One size""#)
        return #"{"name":"Mug","category":"tests","currency":"GBP","variants":[\#(variant)],"#
            + #""images":[{"url":"https://example.com/i.png","is_primary":true}]}"#
    }

    static func unique() -> String { String(UUID().uuidString.prefix(8)) }
}
