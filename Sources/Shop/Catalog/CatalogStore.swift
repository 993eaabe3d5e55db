package import Database
import Postgres

/// Reads of the catalog. Each takes one round trip, however many rows it answers.
package struct CatalogStore: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    package func list(_ list: ProductList, _ consistency: ReadConsistency = .any) async throws -> Page<ProductSummary> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([list.page, list.count])
        }
        return Page(
            count: Int(try answers[1].single(Int64.self) ?? 0),
            request: list.request,
            results: try answers[0].map(ProductList.decode)
        )
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

    package func categories(_ consistency: ReadConsistency = .any) async throws -> [Category] {
        let rows = try await database.read(consistency) { session in
            try await session.query("SELECT id, parent_id, slug, name FROM categories ORDER BY position, name, id")
        }
        return try rows.map { row in
            let (id, parentID, slug, name) = try row.decode(Int64.self, Int64?.self, String.self, String.self)
            return Category(id: id, parentID: parentID, slug: slug, name: name)
        }
    }
}

extension PostgresRows {
    /// The first column of the first row.
    func single<Value: PostgresDecodable>(_ type: Value.Type) throws -> Value? {
        try first?.decode(0, as: type)
    }
}
