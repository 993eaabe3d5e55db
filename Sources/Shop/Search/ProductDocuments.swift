package import Database
import Foundation
import Messages
import Outbox
import Postgres

/// Reads search documents from the catalog's tables.
package struct ProductDocuments: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// Lets changes from here on enqueue jobs of their own, and waits for those under way that did not.
    ///
    /// - Returns: the position behind their commits.
    func freeKeys(of jobs: [IndexProduct]) async throws -> PostgresLSN? {
        let keys = jobs.compactMap(\.uniqueKey)
        if keys.isEmpty { return nil }
        let answers = try await database.primary.pipeline([
            OutboxStore.free(keys, of: IndexProduct.self), OutboxStore.flushedLSN,
        ])
        return try answers[1].first?.decode(0)
    }

    /// Products that do not exist are missing from the answer. One round trip.
    func load(_ ids: [Int64], _ consistency: ReadConsistency) async throws -> [VersionedDocument] {
        try await load("p.id = ANY(\(ids)::bigint[])", consistency)
    }

    /// The next products by id, for a whole catalog read in pages.
    func page(after id: Int64, size: Int) async throws -> [VersionedDocument] {
        try await load("p.id > \(id) ORDER BY p.id LIMIT \(size)", .primary)
    }

    private func load(_ condition: PostgresQuery, _ consistency: ReadConsistency) async throws -> [VersionedDocument] {
        let rows = try await database.read(consistency) { session in
            try await session.query(
                """
                SELECT p.id, p.version, p.status = 'active', p.slug, p.name, p.description, c.slug, c.name, b.slug,
                    b.name, ARRAY(SELECT v.sku FROM product_variants v WHERE v.product_id = p.id ORDER BY v.id),
                    p.price_amount, p.currency, coalesce(p.primary_image_url, ''), p.in_stock, p.created_at, p.tags,
                    p.attributes, p.compare_at_amount, ARRAY(
                        WITH RECURSIVE above AS (
                            SELECT c.slug, c.parent_id
                            UNION ALL SELECT up.slug, up.parent_id FROM categories up JOIN above ON up.id = above.parent_id
                        ) SELECT slug FROM above
                    )
                FROM products p
                JOIN categories c ON c.id = p.category_id
                LEFT JOIN brands b ON b.id = p.brand_id
                WHERE \(condition)
                """
            )
        }
        return try rows.map(Self.decode)
    }

    private static func decode(_ row: PostgresRow) throws -> VersionedDocument {
        let id: Int64 = try row.decode(0)
        let isForSale: Bool = try row.decode(2)
        let tags: [String] = try row.decode(16)
        return VersionedDocument(
            productID: id,
            version: try row.decode(1),
            document: !isForSale
                ? nil
                : ProductDocument(
                    id: String(id),
                    slug: try row.decode(3),
                    name: try row.decode(4),
                    description: try row.decode(5),
                    category: try row.decode(6),
                    categoryName: try row.decode(7),
                    categories: try row.decode(19),
                    brand: try row.decode(8),
                    brandName: try row.decode(9),
                    skus: try row.decode(10),
                    tags: tags,
                    tagWords: tags.joined(separator: " ").replacingOccurrences(of: "-", with: " "),
                    attributes: try row.decode(17),
                    priceAmount: try row.decode(11),
                    compareAtAmount: try row.decode(18),
                    currency: try row.decode(12),
                    primaryImageURL: try row.decode(13),
                    inStock: try row.decode(14),
                    createdAt: try row.decode(15)
                )
        )
    }
}
