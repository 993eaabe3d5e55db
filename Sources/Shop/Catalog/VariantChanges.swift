import Postgres

/// What has to happen to a product's variants: those that stay, by their id or else their SKU, are changed in place, so
/// that orders, carts and stock keep pointing at them.
struct VariantChanges {
    private(set) var updates: [(id: Int64, position: Int, variant: ProductDraft.Variant)] = []
    private(set) var inserts: [(position: Int, variant: ProductDraft.Variant)] = []
    private(set) var deletedIDs: [Int64]
    private(set) var isInStock = false

    init(from current: [ProductVariant], to wanted: [ProductDraft.Variant]) {
        var left = current
        for (position, variant) in wanted.enumerated() {
            let index = left.firstIndex { before in
                variant.id.map { before.id == $0 } ?? (before.sku == variant.sku)
            }
            let before = index.map { left.remove(at: $0) }
            if let before {
                updates.append((before.id, position, variant))
            } else {
                inserts.append((position, variant))
            }
            if variant.stockQuantity ?? before?.stockQuantity ?? 0 > 0 { isInStock = true }
        }
        deletedIDs = left.map(\.id)
    }

    /// Deletions come first, so that a SKU may move within the product.
    func statements(productID: Int64, actor: Int64) -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        if !deletedIDs.isEmpty { statements.append(Self.delete("id = ANY(\(deletedIDs))", actor: actor)) }
        if !updates.isEmpty { statements.append(update(actor: actor)) }
        if !inserts.isEmpty {
            statements.append(ProductStatements.insertVariants(inserts, productID: productID, actor: actor))
        }
        return statements
    }

    private func update(actor: Int64) -> PostgresQuery {
        """
        WITH changed AS (
            UPDATE product_variants v
            SET sku = n.sku, name = n.name, price_amount = n.price_amount, compare_at_amount = n.compare_at_amount,
                attributes = n.attributes, position = n.position,
                stock_quantity = coalesce(n.stock_quantity, v.stock_quantity),
                low_stock_threshold = coalesce(n.low_stock_threshold, v.low_stock_threshold)
            FROM unnest(
                \(updates.map(\.id))::bigint[], \(updates.map(\.variant.sku))::text[],
                \(updates.map(\.variant.name))::text[], \(updates.map(\.variant.priceAmount))::bigint[],
                \(updates.map(\.variant.compareAtAmount))::bigint[],
                \(updates.map(\.variant.stockQuantity))::integer[],
                \(updates.map(\.variant.lowStockThreshold))::integer[],
                \(updates.map { PostgresJSON($0.variant.attributes) })::jsonb[],
                \(updates.map(\.position))::integer[]
            ) AS n (id, sku, name, price_amount, compare_at_amount, stock_quantity, low_stock_threshold, attributes,
                position)
            JOIN product_variants before ON before.id = n.id
            WHERE v.id = n.id
            RETURNING v.id, v.stock_quantity - before.stock_quantity AS delta
        )
        \(StockLedger.record(.adjustment, actor: actor, note: "'the product was edited'"))
        """
    }

    /// Variants that go, with the line of the ledger that takes what was left of each.
    static func delete(_ condition: PostgresQuery, actor: Int64) -> PostgresQuery {
        """
        WITH changed AS (
            DELETE FROM product_variants WHERE \(condition) RETURNING id, sku, -stock_quantity AS delta
        )
        \(StockLedger.record(.adjustment, actor: actor, note: "'removed from the catalog: ' || sku"))
        """
    }
}
