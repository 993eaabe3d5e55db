import Catalog

struct CategoryBody: Encodable {
    let slug: String
    let name: String
    let position: Int
    /// The slug of the category above.
    let parent: String?
    /// The slugs from the top down to this one.
    let path: [String]

    init(_ category: Category, in tree: CategoryTree) {
        slug = category.slug
        name = category.name
        position = category.position
        path = tree.path(to: category).map(\.slug)
        parent = path.dropLast().last
    }
}

struct CategoryDetailBody: Encodable {
    private let category: CategoryBody
    private let children: [CategoryBody]

    private enum CodingKeys: String, CodingKey { case children }

    init(_ category: Category, in tree: CategoryTree) {
        self.category = CategoryBody(category, in: tree)
        children = tree.children(of: category).map { CategoryBody($0, in: tree) }
    }

    /// The category's fields with `children` beside them.
    func encode(to encoder: any Encoder) throws {
        try category.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(children, forKey: .children)
    }
}

struct CategoryDraftBody: Decodable {
    let name: String
    let slug: String?
    let parent: String?
    let position: Int?

    var draft: CategoryDraft { CategoryDraft(name: name, slug: slug, parent: parent, position: position ?? 0) }
}

/// RFC 7396: `"parent": null` moves the category to the top.
struct CategoryChangeBody: Decodable {
    private let name: String?
    private let slug: String?
    private let parent: Patch<String>
    private let position: Int?

    private enum CodingKeys: String, CodingKey { case name, slug, parent, position }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        slug = try container.decodeIfPresent(String.self, forKey: .slug)
        parent = try container.patch(forKey: .parent)
        position = try container.decodeIfPresent(Int.self, forKey: .position)
    }

    func apply(to draft: inout CategoryDraft) {
        draft.name = name ?? draft.name
        draft.slug = slug ?? draft.slug
        parent.apply(to: &draft.parent)
        draft.position = position ?? draft.position
    }
}

struct BrandBody: Encodable {
    let slug: String
    let name: String

    init(_ brand: Brand) {
        slug = brand.slug
        name = brand.name
    }
}

struct BrandDraftBody: Decodable {
    let name: String
    let slug: String?

    var draft: BrandDraft { BrandDraft(name: name, slug: slug) }
}

struct BrandChangeBody: Decodable {
    let name: String?
    let slug: String?

    func apply(to draft: inout BrandDraft) {
        draft.name = name ?? draft.name
        draft.slug = slug ?? draft.slug
    }
}

/// A field of a change that may also be removed: RFC 7396 tells null from absent.
enum Patch<Value> {
    case absent
    case null
    case value(Value)

    func apply(to field: inout Value?) {
        switch self {
        case .absent: break
        case .null: field = nil
        case .value(let value): field = value
        }
    }
}

extension Patch: Sendable where Value: Sendable {}

extension KeyedDecodingContainer {
    func patch<Value: Decodable>(forKey key: Key) throws -> Patch<Value> {
        guard contains(key) else { return .absent }
        return try decodeIfPresent(Value.self, forKey: key).map(Patch.value) ?? .null
    }
}
