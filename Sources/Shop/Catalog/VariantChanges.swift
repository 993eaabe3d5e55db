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
    func statements(productID: Int64) -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        if !deletedIDs.isEmpty {
            statements.append("DELETE FROM product_variants WHERE id = ANY(\(deletedIDs))")
        }
        if !updates.isEmpty {
            statements.append(
                """
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
                WHERE v.id = n.id
                """
            )
        }
        for (position, variant) in inserts {
            statements.append(ProductStatements.insertVariants([variant], from: position, productID: productID))
        }
        return statements
    }
}
