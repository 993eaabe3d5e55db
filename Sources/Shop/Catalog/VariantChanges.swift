import Postgres

/// What has to happen to a product's variants: those whose SKU stays are changed in place, so that orders, carts and
/// stock keep pointing at them.
struct VariantChanges {
    private(set) var updates: [(id: Int64, position: Int, variant: ProductDraft.Variant)] = []
    private(set) var inserts: [(position: Int, variant: ProductDraft.Variant)] = []
    private(set) var deletedIDs: [Int64]
    private(set) var isInStock = false

    init(from current: [ProductVariant], to wanted: [ProductDraft.Variant]) {
        let existing = Dictionary(current.map { ($0.sku, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(wanted.map(\.sku))
        deletedIDs = current.filter { !kept.contains($0.sku) }.map(\.id)
        for (position, variant) in wanted.enumerated() {
            let before = existing[variant.sku]
            if let before {
                updates.append((before.id, position, variant))
            } else {
                inserts.append((position, variant))
            }
            if variant.stockQuantity ?? before?.stockQuantity ?? 0 > 0 { isInStock = true }
        }
    }

    /// Deletions come first, so that a SKU may move within the product.
    func statements(productID: Int64, actor: Int64) -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        if !deletedIDs.isEmpty {
            statements.append(Self.delete("id = ANY(\(deletedIDs))", actor: actor))
        }
        if !updates.isEmpty {
            statements.append(
                """
                WITH changed AS (
                    UPDATE product_variants v
                    SET name = n.name, price_amount = n.price_amount, attributes = n.attributes, position = n.position,
                        stock_quantity = coalesce(n.stock_quantity, v.stock_quantity)
                    FROM unnest(
                        \(updates.map(\.id))::bigint[], \(updates.map(\.variant.name))::text[],
                        \(updates.map(\.variant.priceAmount))::bigint[],
                        \(updates.map(\.variant.stockQuantity))::integer[],
                        \(updates.map { PostgresJSON($0.variant.attributes) })::jsonb[],
                        \(updates.map(\.position))::integer[]
                    ) AS n (id, name, price_amount, stock_quantity, attributes, position)
                    JOIN product_variants before ON before.id = n.id
                    WHERE v.id = n.id
                    RETURNING v.id, v.stock_quantity - before.stock_quantity AS delta
                )
                \(StockLedger.record(.adjustment, actor: actor, note: "'the product was edited'"))
                """
            )
        }
        for (position, variant) in inserts {
            statements.append(
                ProductStatements.insertVariants([variant], from: position, productID: productID, actor: actor)
            )
        }
        return statements
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
