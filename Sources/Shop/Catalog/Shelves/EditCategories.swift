package import Database
package import Outbox
import Postgres
import Validation

/// Changes of the tree of categories by admins.
///
/// One at a time, by a lock in the database: whether a move would close a circle depends on all of the tree. What a
/// product's document shows of its categories follows by index jobs.
package struct EditCategories: Sendable {
    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// - Throws: `ValidationError`, `CatalogError.slugTaken`.
    package func create(_ draft: CategoryDraft) async throws -> Committed<(Category, CategoryTree)> {
        let draft = try draft.validated()
        return try await write { tree, transaction in
            let parent = try draft.parent.map { slug throws(ValidationError) in try tree.parent(slug: slug) }
            transaction.enqueue(
                """
                INSERT INTO categories (slug, name, parent_id, position)
                VALUES (\(draft.slug ?? ""), \(draft.name), \(parent?.id), \(draft.position))
                """
            )
            return (draft.slug ?? "", [])
        }
    }

    /// - Throws: `CatalogError.categoryNotFound`, `.slugTaken`, `ValidationError`.
    package func change(
        _ slug: String,
        _ change: @Sendable (inout CategoryDraft) -> Void
    ) async throws -> Committed<(Category, CategoryTree)> {
        try await write { tree, transaction in
            guard let current = tree.category(slug: slug) else { throw CatalogError.categoryNotFound }
            let path = tree.path(to: current)
            var draft = CategoryDraft(
                name: current.name,
                slug: current.slug,
                parent: path.dropLast().last?.slug,
                position: current.position
            )
            change(&draft)
            draft = try draft.validated()
            let parent = try draft.parent.map { slug throws(ValidationError) in
                try tree.parent(slug: slug, for: current)
            }
            let isSeen = (draft.slug, draft.name, parent?.id) != (current.slug, current.name, current.parentID)
            let products: PostgresQuery = "category_id = ANY(\(tree.subtree(of: current)))"
            let entries = isSeen ? try await ProductTouch.all(products, in: transaction) : []
            transaction.enqueue(
                """
                UPDATE categories
                SET slug = \(draft.slug ?? ""), name = \(draft.name), parent_id = \(parent?.id),
                    position = \(draft.position)
                WHERE id = \(current.id)
                """
            )
            return (draft.slug ?? "", entries)
        }
    }

    /// - Throws: `CatalogError.categoryNotFound`, `.categoryInUse`.
    package func delete(_ slug: String) async throws -> Committed<Void> {
        do {
            let committed = try await database.write { transaction in
                try await transaction.query("DELETE FROM categories WHERE slug = \(slug)").affectedRows
            }
            if committed.value == 0 { throw CatalogError.categoryNotFound }
            return Committed(value: (), lsn: committed.lsn)
        } catch let error as PostgresError where error.sqlState == PostgresError.foreignKeyViolation {
            throw CatalogError.categoryInUse
        }
    }

    /// - Parameter body: answers the slug of the category that it wrote, and the jobs that it added.
    private func write(
        _ body: @Sendable (CategoryTree, PostgresTransaction) async throws -> (String, [OutboxEntry])
    ) async throws -> Committed<(Category, CategoryTree)> {
        do {
            let committed = try await database.write { transaction in
                transaction.enqueue("SELECT pg_advisory_xact_lock(hashtext('wharf.catalog.categories'))")
                let tree = CategoryTree(try await transaction.query(CategoryTree.query).map(CategoryTree.decode))
                let (slug, entries) = try await body(tree, transaction)
                let after = CategoryTree(try await transaction.query(CategoryTree.query).map(CategoryTree.decode))
                guard let category = after.category(slug: slug) else { throw CatalogError.categoryNotFound }
                return (category, after, entries)
            }
            outbox.submit(committed.value.2, lsn: committed.lsn)
            return Committed(value: (committed.value.0, committed.value.1), lsn: committed.lsn)
        } catch let error as PostgresError where error.isUniqueViolation("categories_slug_key") {
            throw CatalogError.slugTaken
        }
    }
}

extension PostgresError {
    /// The SQLSTATE of a row that others still point at.
    static let foreignKeyViolation = "23503"
}
