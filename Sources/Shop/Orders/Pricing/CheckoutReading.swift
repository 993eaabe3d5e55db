import Accounts
import Foundation
import Postgres

/// All that a checkout has to read, in statements that travel together: the cart's lines where there are no items, the
/// variants, and what holds beside them. Nothing of it is kept from one checkout to the next, so no price is ever stale.
struct CheckoutReading {
    let lines: [OrderRequest.Line]
    let variants: [LockedVariant]
    let terms: CheckoutTerms

    /// Locking, for an order. Of the cart only the lines themselves: one that is added at this moment stays in the cart.
    static func locking(_ request: OrderRequest, userID: Int64, behind gate: PostgresQuery) -> [PostgresQuery] {
        let terms = terms(request, userID: userID)
        guard let lines = request.lines else {
            let cart: PostgresQuery = """
                WITH gate AS MATERIALIZED (\(gate))
                SELECT c.variant_id, c.quantity FROM gate CROSS JOIN cart_items c
                WHERE gate.is_open AND c.user_id = \(userID) ORDER BY c.added_at, c.variant_id FOR UPDATE OF c
                """
            return [cart, LockedVariant.lock(inCart(of: userID), behind: gate), terms]
        }
        return [LockedVariant.lock(isOne(of: lines), behind: gate), terms]
    }

    /// Without locks, for a quote.
    static func reading(_ request: OrderRequest, userID: Int64) -> [PostgresQuery] {
        let terms = terms(request, userID: userID)
        guard let lines = request.lines else {
            let cart: PostgresQuery = """
                SELECT c.variant_id, c.quantity FROM cart_items c
                WHERE c.user_id = \(userID) ORDER BY c.added_at, c.variant_id
                """
            return [cart, LockedVariant.read(inCart(of: userID)), terms]
        }
        return [LockedVariant.read(isOne(of: lines)), terms]
    }

    /// - Throws: `OrderError.emptyCart`, `.cartTooLarge`, `.unknownShippingMethod`, `.discountRefused` for an unknown code.
    init(_ answers: some Sequence<PostgresRows>, _ request: OrderRequest) throws {
        var answers = answers.makeIterator()
        if let lines = request.lines {
            self.lines = lines
        } else {
            lines =
                try answers.next()?.map { row in
                    OrderRequest.Line(variantID: try row.decode(0), quantity: try row.decode(1))
                } ?? []
            if lines.isEmpty { throw OrderError.emptyCart }
            if lines.count > OrderRequest.maximumLines { throw OrderError.cartTooLarge(lines.count) }
        }
        variants = try answers.next()?.map(LockedVariant.init) ?? []
        guard let row = answers.next()?.first else {
            throw OrderError.unknownShippingMethod(request.shippingMethod)
        }
        terms = try TermsRow.decode(row, request)
    }

    private static func isOne(of lines: [OrderRequest.Line]) -> PostgresQuery {
        "v.id = ANY(\(lines.map(\.variantID))::bigint[])"
    }

    private static func inCart(of userID: Int64) -> PostgresQuery {
        "v.id IN (SELECT variant_id FROM cart_items WHERE user_id = \(userID))"
    }

    /// One row: the method, the taxes of the destination and the discount; none where there is no such method.
    private static func terms(_ request: OrderRequest, userID: Int64) -> PostgresQuery {
        let address = request.shippingAddress
        return """
            SELECT m.name, m.is_urgent, m.is_active, m.countries, m.minimum_days, m.maximum_days,
                price.currencies, price.amounts, price.free_from,
                (\(TermsRow.taxes(country: address.country, region: address.region, postalCode: address.postalCode))),
                \(request.discountCode.map { TermsRow.discount($0, userID: userID) } ?? "NULL::json")
            FROM shipping_methods m LEFT JOIN LATERAL (
                SELECT array_agg(currency) AS currencies, array_agg(price_amount) AS amounts,
                    array_agg(free_from_amount) AS free_from
                FROM shipping_prices WHERE method = m.code
            ) AS price ON true
            WHERE m.code = \(request.shippingMethod)
            """
    }
}

/// The terms' row, as SQL makes it and Swift takes it apart.
private enum TermsRow {
    /// With each category all that are below it.
    static func taxes(country: String, region: String?, postalCode: String) -> PostgresQuery {
        """
        SELECT json_agg(json_build_object('name', t.name, 'rate_basis_points', t.rate_basis_points,
            'is_included', t.is_included, 'taxes_shipping', t.taxes_shipping, 'region', t.region,
            'postal_prefix', t.postal_prefix, 'categories', CASE WHEN t.category_id IS NOT NULL THEN (
                WITH RECURSIVE below AS (
                    SELECT t.category_id AS id
                    UNION SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id
                )
                SELECT json_agg(id) FROM below
            ) END) ORDER BY t.id)
        FROM tax_rates t WHERE t.country = \(country)
            AND (t.region IS NULL OR lower(t.region) = lower(\(region)::text))
            AND (t.postal_prefix IS NULL
                OR starts_with(upper(replace(\(postalCode)::text, ' ', '')), upper(replace(t.postal_prefix, ' ', ''))))
        """
    }

    static func discount(_ code: String, userID: Int64) -> PostgresQuery {
        """
        (SELECT json_build_object('id', d.id, 'kind', d.kind, 'basis_points', d.basis_points, 'amount', d.amount,
            'currency', d.currency, 'minimum_amount', d.minimum_amount, 'starts_at', extract(epoch FROM d.starts_at),
            'ends_at', extract(epoch FROM d.ends_at), 'usage_limit', d.usage_limit,
            'customer_limit', d.customer_limit, 'used_count', d.used_count,
            'customer_uses', (
                SELECT count(*) FROM discount_redemptions r WHERE r.discount_id = d.id AND r.user_id = \(userID)
            ), 'products', (
                SELECT json_agg(product_id) FROM discount_targets
                WHERE discount_id = d.id AND product_id IS NOT NULL
            ), 'categories', (
                WITH RECURSIVE below AS (
                    SELECT category_id AS id FROM discount_targets
                    WHERE discount_id = d.id AND category_id IS NOT NULL
                    UNION SELECT c.id FROM categories c JOIN below ON c.parent_id = below.id
                )
                SELECT json_agg(id) FROM below
            ))
        FROM discounts d WHERE d.code = \(code) AND d.is_active)
        """
    }

    static func decode(_ row: PostgresRow, _ request: OrderRequest) throws -> CheckoutTerms {
        let currencies: [String] = try row.decode(6, as: [String]?.self) ?? []
        let amounts: [Int64] = try row.decode(7, as: [Int64]?.self) ?? []
        let freeFrom: [Int64?] = try row.decode(8, as: [Int64?]?.self) ?? []
        let days: (Int, Int) = (try row.decode(4), try row.decode(5))
        let shipping = ShippingMethod(
            code: request.shippingMethod,
            name: try row.decode(0),
            prices: zip(currencies, zip(amounts, freeFrom)).map {
                .init(currency: $0, amount: $1.0, freeFromAmount: $1.1)
            },
            countries: try row.decode(3),
            days: days.0...max(days.0, days.1),
            isUrgent: try row.decode(1),
            isActive: try row.decode(2)
        )
        let taxes: PostgresJSON<[TaxRate]>? = try row.decode(9)
        guard let code = request.discountCode else {
            return CheckoutTerms(shipping: shipping, taxes: taxes?.value ?? [])
        }
        guard let discount: PostgresJSON<DiscountForm> = try row.decode(10, as: PostgresJSON<DiscountForm>?.self) else {
            throw OrderError.discountRefused(code, .unknown)
        }
        return CheckoutTerms(shipping: shipping, taxes: taxes?.value ?? [], discount: discount.value.discount(code))
    }
}

private struct DiscountForm: Decodable {
    let id: Int64
    let kind: String
    let basisPoints: Int64?
    let amount: Int64?
    let currency: String?
    let minimumAmount: Int64?
    /// Seconds since 1970.
    let startsAt: Double?
    let endsAt: Double?
    let usageLimit: Int?
    let customerLimit: Int?
    let usedCount: Int
    let customerUses: Int
    let products: Set<Int64>?
    let categories: Set<Int64>?

    private enum CodingKeys: String, CodingKey {
        case id, kind
        case basisPoints = "basis_points"
        case amount, currency
        case minimumAmount = "minimum_amount"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
        case usageLimit = "usage_limit"
        case customerLimit = "customer_limit"
        case usedCount = "used_count"
        case customerUses = "customer_uses"
        case products, categories
    }

    func discount(_ code: String) -> Discount {
        let kind: Discount.Kind =
            switch self.kind {
            case "percentage": .percentage(basisPoints: basisPoints ?? 0)
            case "fixed": .fixed(amount ?? 0)
            default: .freeShipping
            }
        return Discount(
            id: id,
            code: code,
            kind: kind,
            currency: currency,
            minimumAmount: minimumAmount,
            startsAt: startsAt.map(Date.init(timeIntervalSince1970:)),
            endsAt: endsAt.map(Date.init(timeIntervalSince1970:)),
            usageLimit: usageLimit,
            customerLimit: customerLimit,
            usedCount: usedCount,
            customerUses: customerUses,
            products: products,
            categories: categories
        )
    }
}
