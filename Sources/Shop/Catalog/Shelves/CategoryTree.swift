import Postgres
import Validation

package struct Category: Equatable, Sendable {
    package let id: Int64
    package let parentID: Int64?
    package let slug: String
    package let name: String
    package let position: Int
}

/// Every category of the shop. There are few, so that they are read as a whole; what follows from how they hang together
/// is decided here, purely.
package struct CategoryTree: Equatable, Sendable {
    /// Deep enough for any shop, and shallow enough for a menu.
    package static let maximumDepth = 10

    /// By position and name.
    package let categories: [Category]
    private let byID: [Int64: Category]

    package init(_ categories: [Category]) {
        self.categories = categories
        byID = Dictionary(categories.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    package func category(slug: String) -> Category? { categories.first { $0.slug == slug } }

    /// The categories above, the topmost first, and the category itself.
    package func path(to category: Category) -> [Category] {
        var path = [category]
        while let above = path[0].parentID.flatMap({ byID[$0] }), path.count <= byID.count { path.insert(above, at: 0) }
        return path
    }

    package func children(of category: Category) -> [Category] {
        categories.filter { $0.parentID == category.id }
    }

    /// The ids of the category and of all below it.
    func subtree(of category: Category) -> [Int64] {
        [category.id] + children(of: category).flatMap(subtree)
    }

    /// The category that another one is to hang under.
    ///
    /// - Parameter moved: the one that is to hang there; `nil` for a new one.
    /// - Throws: `ValidationError` when there is none of that slug, when the tree would get a cycle or become too deep.
    func parent(slug: String, for moved: Category? = nil) throws(ValidationError) -> Category {
        guard let parent = category(slug: slug) else {
            throw ValidationError("parent", "is not the slug of a category")
        }
        let path = path(to: parent)
        if let moved, path.contains(where: { $0.id == moved.id }) {
            throw ValidationError("parent", "must not be the category itself, nor one below it")
        }
        if path.count + (moved.map(height) ?? 1) > Self.maximumDepth {
            throw ValidationError("parent", "would make the tree deeper than \(Self.maximumDepth) levels")
        }
        return parent
    }

    /// Levels from the category down.
    private func height(_ category: Category) -> Int { 1 + (children(of: category).map(height).max() ?? 0) }

    static let query: PostgresQuery = """
        SELECT id, parent_id, slug, name, position FROM categories ORDER BY position, name, id
        """

    static func decode(_ row: PostgresRow) throws -> Category {
        Category(
            id: try row.decode(0),
            parentID: try row.decode(1),
            slug: try row.decode(2),
            name: try row.decode(3),
            position: try row.decode(4)
        )
    }
}
