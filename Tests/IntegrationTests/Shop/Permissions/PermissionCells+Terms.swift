import Postgres
import TestSupport

/// Shipping methods, tax rates and discounts.
extension PermissionCells {
    static let terms: [String: RouteCell] = [
        "GET /api/admin/shipping-methods": RouteCell("/api/admin/shipping-methods"),
        "POST /api/admin/shipping-methods": RouteCell { _, _, _ in .init("/api/admin/shipping-methods", methodDraft())
        },
        "GET /api/admin/shipping-methods/{code}": RouteCell { shop, _, _ in .init(try await shippingMethod(shop)) },
        "PUT /api/admin/shipping-methods/{code}": RouteCell { shop, _, _ in
            .init(try await shippingMethod(shop), methodDraft())
        },
        "DELETE /api/admin/shipping-methods/{code}": RouteCell { shop, _, _ in .init(try await shippingMethod(shop)) },
        "GET /api/admin/tax-rates": RouteCell("/api/admin/tax-rates"),
        "POST /api/admin/tax-rates": RouteCell { _, _, _ in .init("/api/admin/tax-rates", rateDraft()) },
        "GET /api/admin/tax-rates/{id}": RouteCell { shop, _, _ in .init(try await taxRate(shop)) },
        "PUT /api/admin/tax-rates/{id}": RouteCell { shop, _, _ in .init(try await taxRate(shop), rateDraft()) },
        "DELETE /api/admin/tax-rates/{id}": RouteCell { shop, _, _ in .init(try await taxRate(shop)) },
        "GET /api/admin/discounts": RouteCell("/api/admin/discounts"),
        "POST /api/admin/discounts": RouteCell { _, _, _ in .init("/api/admin/discounts", discountDraft()) },
        "GET /api/admin/discounts/{id}": RouteCell { shop, _, _ in .init(try await discount(shop)) },
        "PUT /api/admin/discounts/{id}": RouteCell { shop, _, _ in .init(try await discount(shop), discountDraft()) },
        "DELETE /api/admin/discounts/{id}": RouteCell { shop, _, _ in .init(try await discount(shop)) },
    ]

    private static func methodDraft() -> String {
        #"{"code":"m-\#(unique().lowercased())","name":"Boat","minimum_days":2,"maximum_days":3}"#
    }

    private static func rateDraft() -> String {
        #"{"name":"VAT","country":"DE","region":"\#(unique())","rate_basis_points":1900,"is_included":true}"#
    }

    private static func discountDraft() -> String { #"{"code":"\#(unique())","kind":"free_shipping"}"# }

    private static func shippingMethod(_ shop: TestShop) async throws -> String {
        let rows = try await shop.pool.query(
            """
            INSERT INTO shipping_methods (code, name, minimum_days, maximum_days)
            VALUES (\("m-" + unique().lowercased()), 'Ferry', 1, 9) RETURNING code
            """
        )
        return "/api/admin/shipping-methods/\(try rows[0].decode(0, as: String.self))"
    }

    private static func taxRate(_ shop: TestShop) async throws -> String {
        let rows = try await shop.pool.query(
            """
            INSERT INTO tax_rates (name, country, region, rate_basis_points, is_included)
            VALUES ('VAT', 'DE', \(unique()), 1900, true) RETURNING id::text
            """
        )
        return "/api/admin/tax-rates/\(try rows[0].decode(0, as: String.self))"
    }

    private static func discount(_ shop: TestShop) async throws -> String {
        let rows = try await shop.pool.query(
            "INSERT INTO discounts (code, kind) VALUES (\(unique()), 'free_shipping') RETURNING id::text"
        )
        return "/api/admin/discounts/\(try rows[0].decode(0, as: String.self))"
    }
}
