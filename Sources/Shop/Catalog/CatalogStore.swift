package import Database
import Postgres
package import Validation

/// Reads of the catalog. Each takes one round trip, however many rows it answers.
package struct CatalogStore: Sendable {
    private let database: DatabaseReader

    package init(database: Database) { self.database = database.reader }

    package func list(_ list: ProductList, _ consistency: ReadConsistency = .any) async throws -> Page<ProductSummary> {
        try await page(list.page, list, consistency, ProductList.decode)
    }

    /// - Returns: `nil` when no active product has this slug.
    package func product(slug: String, _ consistency: ReadConsistency = .any) async throws -> Product? {
        try await database.read(consistency) { session in
            try await ProductRows.load(
                "p.slug = $1 AND p.status = 'active'",
                binding: slug,
                in: session
            )
        }
    }

    /// Products in every state, for those who manage them; a list whose scope is `.managed`.
    package func managed(
        _ list: ProductList,
        _ consistency: ReadConsistency = .any
    ) async throws -> Page<ManagedProduct> {
        try await page(list.managedPage, list, consistency, ProductList.decodeManaged)
    }

    /// A product in any state, for those who manage it.
    ///
    /// - Throws: `CatalogError.productNotFound`, `.notYours`.
    package func managed(
        _ id: Int64,
        for editor: CatalogEditor,
        _ consistency: ReadConsistency = .any
    ) async throws -> Product {
        let product = try await database.read(consistency) { session in
            try await ProductRows.load("p.id = $1", binding: id, in: session)
        }
        guard let product else { throw CatalogError.productNotFound }
        try editor.mustManage(sellerID: product.sellerID, status: product.status)
        return product
    }

    package func categories(_ consistency: ReadConsistency = .any) async throws -> CategoryTree {
        let rows = try await database.read(consistency) { try await $0.query(CategoryTree.query) }
        return CategoryTree(try rows.map(CategoryTree.decode))
    }

    package func brands(_ request: PageRequest, _ consistency: ReadConsistency = .any) async throws -> Page<Brand> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "SELECT slug, name FROM brands ORDER BY name, id LIMIT \(request.size) OFFSET \(request.offset)",
                "SELECT count(*) FROM brands",
            ])
        }
        return try Page(answers[0], of: answers[1], request) { row in
            Brand(slug: try row.decode(0), name: try row.decode(1))
        }
    }

    private func page<Element: Sendable>(
        _ page: PostgresQuery,
        _ list: ProductList,
        _ consistency: ReadConsistency,
        _ decode: (PostgresRow) throws -> Element
    ) async throws -> Page<Element> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([page, list.count])
        }
        return try Page(answers[0], of: answers[1], list.request, decode)
    }
}

extension PostgresRows {
    /// The first column of the first row.
    func single<Value: PostgresDecodable>(_ type: Value.Type) throws -> Value? {
        try first?.decode(0, as: type)
    }
}
