import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport

/// The cells of every route, by method and template. Whoever adds a route adds its cell here.
enum PermissionCells {
    static let all = [accounts, catalog, stock, carts, orders, orderLife, terms, documents].reduce(into: [:]) {
        $0.merge($1) { $1 }
    }

    private static let documents: [String: RouteCell] = [
        "GET /api/openapi.json": RouteCell("/api/openapi.json"),
        "GET /api/docs": RouteCell("/api/docs"),
        "GET /api/docs/style.css": RouteCell("/api/docs/style.css"),
        "GET /api/docs/script.js": RouteCell("/api/docs/script.js"),
    ]

    private static let stock: [String: RouteCell] = [
        "GET /api/admin/stock": RouteCell("/api/admin/stock?low=true"),
        "GET /api/admin/stock/{variant_id}/movements": RouteCell(owner: .seller) { shop, owner, _ in
            .init("/api/admin/stock/\(try await variant(shop, of: owner))/movements")
        },
        "POST /api/admin/stock/{variant_id}/adjustments": RouteCell(owner: .seller) { shop, owner, _ in
            .init(
                "/api/admin/stock/\(try await variant(shop, of: owner))/adjustments",
                #"{"delta":1,"note":"found one"}"#
            )
        },
    ]

    private static let carts: [String: RouteCell] = [
        "GET /api/orders/cart": RouteCell("/api/orders/cart"),
        "DELETE /api/orders/cart": RouteCell("/api/orders/cart"),
        "POST /api/orders/cart/items": RouteCell { shop, _, _ in
            .init(
                "/api/orders/cart/items",
                #"{"variant_id":"\#(try await shop.variant(stock: 3).id)","quantity":1}"#
            )
        },
        "PATCH /api/orders/cart/items/{variant_id}": RouteCell { shop, _, caller in
            .init(try await cartItem(shop, of: caller), #"{"quantity":2}"#)
        },
        "DELETE /api/orders/cart/items/{variant_id}": RouteCell { shop, _, caller in
            .init(try await cartItem(shop, of: caller))
        },
    ]

    private static let orders: [String: RouteCell] = [
        "POST /api/orders": RouteCell { shop, _, _ in
            let variant = try await shop.variant(stock: 1)
            return .init(
                "/api/orders",
                #"{"items":[{"variant_id":"\#(variant.id)","quantity":1}],"shipping_address":\#(address)}"#
            )
        },
        "POST /api/orders/quote": RouteCell { shop, _, _ in
            let variant = try await shop.variant(stock: 1)
            return .init(
                "/api/orders/quote",
                #"{"items":[{"variant_id":"\#(variant.id)","quantity":1}],"shipping_address":\#(address)}"#
            )
        },
        "GET /api/orders/shipping-methods": RouteCell("/api/orders/shipping-methods"),
        // Whoever signs it may; what nobody has signed is malformed.
        "POST /api/payments/stripe/webhook": RouteCell(allowed: [400]) { _, _, _ in
            .init("/api/payments/stripe/webhook", "{}")
        },
        "GET /api/orders/{number}": RouteCell { shop, owner, _ in
            .init("/api/orders/\(try await order(shop, owner))")
        },
    ]

    // MARK: What the requests are about

    static let address = #"{"line1":"1 Quay","city":"Hull","postal_code":"HU1","country":"GB"}"#

    /// A variant of a product of `owner`'s, where that is a seller.
    static func variant(_ shop: TestShop, of owner: Person) async throws -> Int64 {
        let variant = try await shop.variant(stock: 3)
        if owner.role == .seller {
            try await shop.pool.query(
                """
                UPDATE products p SET seller_id = \(owner.id) FROM product_variants v
                WHERE v.product_id = p.id AND v.id = \(variant.id)
                """
            )
        }
        return variant.id
    }

    /// The path of a line in somebody's cart.
    static func cartItem(_ shop: TestShop, of person: Person) async throws -> String {
        let variant = try await shop.variant(stock: 3)
        let body = #"{"variant_id":"\#(variant.id)","quantity":1}"#
        _ = try await shop.call("POST", "/api/orders/cart/items", token: person.token, body: body)
        return "/api/orders/cart/items/\(variant.id)"
    }

    /// The number of a new order of `owner`.
    static func order(_ shop: TestShop, _ owner: Person) async throws -> String {
        let response = try await shop.order([(try await shop.variant(stock: 1).id, 1)], token: owner.token)
        return try response.json()["order_number"] as? String ?? "none"
    }
}
