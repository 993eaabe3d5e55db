package import Database
import Messages
package import Outbox
import Postgres
import Validation

/// Changes of the catalog by sellers and admins.
///
/// Each is one transaction: the change, the product's next version, and the job that makes the search index follow.
/// Rows are locked product first, then variants in id order.
package struct EditCatalog: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Throws: `ValidationError`, `CatalogError.unknownCategory`, `.slugTaken`, `.skuTaken`.
    package func create(_ draft: ProductDraft, by editor: CatalogEditor) async throws -> Committed<Product> {
        let draft = try draft.validated()
        return try await write { transaction in
            transaction.enqueue(ProductStatements.addBrand(draft))
            guard let id = try await transaction.query(ProductStatements.insert(draft)).single(Int64.self) else {
                throw CatalogError.unknownCategory
            }
            transaction.enqueue(
                ProductStatements.insertVariants(draft.variants, from: 0, productID: id, actor: editor.userID)
            )
            transaction.enqueue(ProductStatements.insertImages(draft.images, productID: id))
            return try await finish(id, transaction)
        }
    }

    /// Reads the product under lock, lets `change` edit it as a draft, and writes what came out: both PUT (which
    /// ignores what was there) and PATCH are this.
    ///
    /// - Throws: `CatalogError.productNotFound` beside the errors of `create`.
    package func update(
        _ id: Int64,
        by editor: CatalogEditor,
        _ change: @Sendable (inout ProductDraft) throws -> Void
    ) async throws -> Committed<Product> {
        try await write { transaction in
            guard let current = try await ProductRows.load("p.id = $1", binding: id, isLocking: true, in: transaction)
            else { throw CatalogError.productNotFound }
            var draft = ProductDraft(current)
            try change(&draft)
            draft.slug = draft.slug ?? current.slug
            draft = try draft.validated(existingSKUs: Set(current.variants.map(\.sku)))
            let variants = VariantChanges(from: current.variants, to: draft.variants)
            transaction.enqueue(ProductStatements.addBrand(draft))
            let updated = try await transaction.query(ProductStatements.update(id, draft, inStock: variants.isInStock))
            if updated.isEmpty { throw CatalogError.unknownCategory }
            for statement in variants.statements(productID: id, actor: editor.userID) { transaction.enqueue(statement) }
            transaction.enqueue(ProductStatements.deleteImages(productID: id))
            transaction.enqueue(ProductStatements.insertImages(draft.images, productID: id))
            return try await finish(id, transaction)
        }
    }

    /// - Throws: `CatalogError.productNotFound`.
    package func delete(_ id: Int64, by editor: CatalogEditor) async throws -> Committed<Void> {
        let committed = try await write { transaction in
            guard let product = try await ProductRows.load("p.id = $1", binding: id, isLocking: true, in: transaction)
            else { throw CatalogError.productNotFound }
            let entry = try OutboxEntry(IndexProduct.delete(id, version: product.version + 1))
            transaction.enqueue(VariantChanges.delete("product_id = \(id)", actor: editor.userID))
            transaction.enqueue("DELETE FROM products WHERE id = \(id)")
            transaction.enqueue(OutboxStore.insert([entry]))
            return (value: (), entries: [entry])
        }
        return committed
    }

    private func finish(
        _ id: Int64,
        _ transaction: PostgresTransaction
    ) async throws -> (value: Product, entries: [OutboxEntry]) {
        let job = IndexProduct.index(id)
        let entries = try await OutboxStore.add([OutboxEntry(job, unique: job.uniqueKey)], to: transaction)
        guard let product = try await ProductRows.load("p.id = $1", binding: id, in: transaction) else {
            throw CatalogError.productNotFound
        }
        return (product, entries)
    }

    private func write<Value: Sendable>(
        _ body: @Sendable (PostgresTransaction) async throws -> (value: Value, entries: [OutboxEntry])
    ) async throws -> Committed<Value> {
        do {
            let committed = try await database.write(body)
            outbox.submit(committed.value.entries, lsn: committed.lsn)
            return Committed(value: committed.value.value, lsn: committed.lsn)
        } catch let error as PostgresError where error.isUniqueViolation("products_slug_key") {
            throw CatalogError.slugTaken
        } catch let error as PostgresError where error.isUniqueViolation("product_variants_sku_key") {
            throw CatalogError.skuTaken
        }
    }
}
