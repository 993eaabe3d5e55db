package import Database
import Messages
package import Outbox
import Postgres
import Validation

/// Changes of products by sellers and admins.
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
            let insert = ProductStatements.insert(draft, sellerID: editor.sellerOfNewProducts)
            guard let id = try await transaction.query(insert).single(Int64.self) else {
                throw CatalogError.unknownCategory
            }
            let variants = VariantChanges(from: [], to: draft.variants)
            for statement in variants.statements(productID: id, actor: editor.userID) { transaction.enqueue(statement) }
            let images = ImageChanges(from: [], to: draft.images)
            for statement in images.statements(productID: id) { transaction.enqueue(statement) }
            return try await finish(id, transaction)
        }
    }

    /// Reads the product under lock, lets `change` edit it as a draft, and writes what came out: PUT (which ignores what
    /// was there), PATCH, and every change of one variant or image are this.
    ///
    /// - Parameter condition: what the editor has seen; a product that was edited since is left alone.
    /// - Throws: `CatalogError.productNotFound`, `.notYours`, `.edited` and what `change` throws, beside the errors of
    ///   `create`.
    package func update(
        _ id: Int64,
        by editor: CatalogEditor,
        if condition: VersionCondition = .any,
        _ change: @Sendable (inout ProductDraft) throws -> Void
    ) async throws -> Committed<Product> {
        try await write { transaction in
            let current = try await lock(id, editor, condition, transaction)
            var draft = ProductDraft(current)
            try change(&draft)
            draft.slug = draft.slug ?? current.slug
            draft = try draft.validated(current: current.variants)
            let variants = VariantChanges(from: current.variants, to: draft.variants)
            let images = ImageChanges(from: current.images, to: draft.images)
            transaction.enqueue(ProductStatements.addBrand(draft))
            let updated = try await transaction.query(ProductStatements.update(id, draft, inStock: variants.isInStock))
            if updated.isEmpty { throw CatalogError.unknownCategory }
            for statement in variants.statements(productID: id, actor: editor.userID) { transaction.enqueue(statement) }
            for statement in images.statements(productID: id) { transaction.enqueue(statement) }
            return try await finish(id, transaction)
        }
    }

    /// Orders keep their lines, and the ledger its own.
    ///
    /// - Throws: `CatalogError.productNotFound`, `.notYours`, `.edited`.
    package func delete(
        _ id: Int64,
        by editor: CatalogEditor,
        if condition: VersionCondition = .any
    ) async throws -> Committed<Void> {
        try await write { transaction in
            let product = try await lock(id, editor, condition, transaction)
            let entry = try OutboxEntry(IndexProduct.delete(id, version: product.version + 1))
            transaction.enqueue(VariantChanges.delete("product_id = \(id)", actor: editor.userID))
            transaction.enqueue("DELETE FROM products WHERE id = \(id)")
            transaction.enqueue(OutboxStore.insert([entry]))
            return (value: (), entries: [entry])
        }
    }

    private func lock(
        _ id: Int64,
        _ editor: CatalogEditor,
        _ condition: VersionCondition,
        _ transaction: PostgresTransaction
    ) async throws -> Product {
        guard let product = try await ProductRows.load("p.id = $1", binding: id, isLocking: true, in: transaction)
        else { throw CatalogError.productNotFound }
        try editor.mustManage(sellerID: product.sellerID, status: product.status)
        guard condition.admits(product.version) else { throw CatalogError.edited }
        return product
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

/// Which version of a product a change is meant for.
package enum VersionCondition: Hashable, Sendable {
    case any
    case oneOf(Set<Int64>)

    func admits(_ version: Int64) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let versions): versions.contains(version)
        }
    }
}
