import Postgres

/// What has to happen to a product's images: those that stay, by their id or else their address, keep their id.
struct ImageChanges {
    private(set) var updates: [(id: Int64, position: Int, image: ProductDraft.Image)] = []
    private(set) var inserts: [(position: Int, image: ProductDraft.Image)] = []
    private(set) var deletedIDs: [Int64]

    init(from current: [ProductImage], to wanted: [ProductDraft.Image]) {
        var left = current
        for (position, image) in wanted.enumerated() {
            let index = left.firstIndex { before in image.id.map { before.id == $0 } ?? (before.url == image.url) }
            if let index {
                updates.append((left.remove(at: index).id, position, image))
            } else {
                inserts.append((position, image))
            }
        }
        deletedIDs = left.map(\.id)
    }

    /// The old primary image steps back before another takes its place: the database never sees two.
    func statements(productID: Int64) -> [PostgresQuery] {
        var statements: [PostgresQuery] = []
        if !deletedIDs.isEmpty { statements.append("DELETE FROM product_images WHERE id = ANY(\(deletedIDs))") }
        if !updates.isEmpty {
            let secondary = updates.filter { !$0.image.isPrimary }.map(\.id)
            statements.append(
                "UPDATE product_images SET is_primary = false WHERE id = ANY(\(secondary)::bigint[]) AND is_primary"
            )
            statements.append(update)
        }
        if !inserts.isEmpty { statements.append(insert(productID)) }
        return statements
    }

    private var update: PostgresQuery {
        """
        UPDATE product_images i
        SET url = n.url, alt = n.alt, is_primary = n.is_primary, width = n.width, height = n.height,
            position = n.position
        FROM unnest(
            \(updates.map(\.id))::bigint[], \(updates.map(\.image.url))::text[], \(updates.map(\.image.alt))::text[],
            \(updates.map(\.image.isPrimary))::boolean[], \(updates.map(\.image.width))::integer[],
            \(updates.map(\.image.height))::integer[], \(updates.map(\.position))::integer[]
        ) AS n (id, url, alt, is_primary, width, height, position)
        WHERE i.id = n.id
        """
    }

    private func insert(_ productID: Int64) -> PostgresQuery {
        """
        INSERT INTO product_images (product_id, url, alt, is_primary, width, height, position)
        SELECT \(productID)::bigint, n.* FROM unnest(
            \(inserts.map(\.image.url))::text[], \(inserts.map(\.image.alt))::text[],
            \(inserts.map(\.image.isPrimary))::boolean[], \(inserts.map(\.image.width))::integer[],
            \(inserts.map(\.image.height))::integer[], \(inserts.map(\.position))::integer[]
        ) AS n
        """
    }
}
