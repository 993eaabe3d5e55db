package import Database
package import Outbox
import Postgres
import Validation

/// Changes of brands by admins. What products' documents show of their brand follows by index jobs.
package struct EditBrands: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Throws: `ValidationError`, `CatalogError.slugTaken`.
    package func create(_ draft: BrandDraft) async throws -> Committed<Brand> {
        let brand = try draft.validated()
        return try await write { transaction in
            transaction.enqueue("INSERT INTO brands (slug, name) VALUES (\(brand.slug), \(brand.name))")
            return (brand, [])
        }
    }

    /// - Throws: `ValidationError`, `CatalogError.brandNotFound`, `.slugTaken`.
    package func change(
        _ slug: String,
        _ change: @Sendable (inout BrandDraft) -> Void
    ) async throws -> Committed<Brand> {
        try await write { transaction in
            let found = try await transaction.query("SELECT id, name FROM brands WHERE slug = \(slug)")
            guard let row = found.first else { throw CatalogError.brandNotFound }
            let (id, name) = try row.decode(Int64.self, String.self)
            var draft = BrandDraft(name: name, slug: slug)
            change(&draft)
            let brand = try draft.validated()
            let isSeen = brand != Brand(slug: slug, name: name)
            let entries = isSeen ? try await ProductTouch.all("brand_id = \(id)", in: transaction) : []
            transaction.enqueue("UPDATE brands SET slug = \(brand.slug), name = \(brand.name) WHERE id = \(id)")
            return (brand, entries)
        }
    }

    /// - Throws: `CatalogError.brandNotFound`, `.brandInUse`.
    package func delete(_ slug: String) async throws -> Committed<Void> {
        do {
            let committed = try await database.write { transaction in
                try await transaction.query("DELETE FROM brands WHERE slug = \(slug)").affectedRows
            }
            if committed.value == 0 { throw CatalogError.brandNotFound }
            return Committed(value: (), lsn: committed.lsn)
        } catch let error as PostgresError where error.sqlState == PostgresError.foreignKeyViolation {
            throw CatalogError.brandInUse
        }
    }

    private func write(
        _ body: @Sendable (PostgresTransaction) async throws -> (Brand, [OutboxEntry])
    ) async throws -> Committed<Brand> {
        do {
            let committed = try await database.write(body)
            outbox.submit(committed.value.1, lsn: committed.lsn)
            return Committed(value: committed.value.0, lsn: committed.lsn)
        } catch let error as PostgresError where error.isUniqueViolation("brands_slug_key") {
            throw CatalogError.slugTaken
        }
    }
}
