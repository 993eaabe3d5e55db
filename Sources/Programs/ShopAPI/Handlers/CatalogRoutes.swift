import Accounts
import Catalog
import Database
import HTTPServer
import Search
import Validation

struct CatalogRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func categories(_ request: Request) async throws -> Response {
        let categories = try await shop.catalog.categories(request.consistency)
        let slugs = Dictionary(categories.map { ($0.id, $0.slug) }, uniquingKeysWith: { first, _ in first })
        return try .json(
            categories.map { CategoryBody(slug: $0.slug, name: $0.name, parent: $0.parentID.flatMap { slugs[$0] }) }
        )
    }

    @Sendable func list(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.filter()
        let sort = query.choice("sort", ProductList.Sort.self) ?? .newest
        let page = query.page()
        let list = ProductList(filter: try query.checked(filter), sort: sort, request: try query.checked(page))
        return try .json(PageBody(try await shop.catalog.list(list, request.consistency), ProductSummaryBody.init))
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        guard let slug = request.parameters["slug"], Slug.isValid(slug),
            let product = try await shop.catalog.product(slug: slug, request.consistency)
        else { throw CatalogError.productNotFound }
        return try .json(ProductBody(product))
    }

    @Sendable func create(_ request: Request) async throws -> Response {
        let created = try await shop.editCatalog.create(
            try request.decode(ProductDraftBody.self).draft,
            by: try request.editor()
        )
        var response = try Response.json(ProductBody(created.value), status: 201)
        response.headers["Location"] = "/api/catalog/products/\(created.value.slug)"
        return response.carrying(created.lsn, shop.positions)
    }

    @Sendable func replace(_ request: Request) async throws -> Response {
        let body = try request.decode(ProductDraftBody.self)
        return try await update(request) { $0 = body.draft }
    }

    @Sendable func change(_ request: Request) async throws -> Response {
        let body = try request.decode(ProductChangeBody.self)
        return try await update(request) { body.apply(to: &$0) }
    }

    @Sendable func delete(_ request: Request) async throws -> Response {
        let deleted = try await shop.editCatalog.delete(try productID(request), by: try request.editor())
        return Response.noContent.carrying(deleted.lsn, shop.positions)
    }

    @Sendable func search(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.filter()
        let sort = query.choice("sort", SearchQuery.Sort.self) ?? .relevance
        let page = query.page()
        let search = try SearchQuery(
            text: request.query.first("q") ?? "",
            filter: try query.checked(filter),
            sort: sort,
            request: try query.checked(page)
        )
        return try .json(SearchBody(try await shop.searchProducts(search)))
    }

    private func update(
        _ request: Request,
        _ change: @Sendable (inout ProductDraft) -> Void
    ) async throws -> Response {
        let updated = try await shop.editCatalog.update(
            try productID(request),
            by: try request.editor(),
            change
        )
        return try Response.json(ProductBody(updated.value)).carrying(updated.lsn, shop.positions)
    }

    private func productID(_ request: Request) throws(CatalogError) -> Int64 {
        guard let id = request.parameters["id"].flatMap(Int64.init) else { throw .productNotFound }
        return id
    }
}

extension Request {
    /// The signed-in person as the catalog knows them.
    func editor() throws(Problem) -> CatalogEditor {
        let principal = try principal()
        return CatalogEditor(userID: principal.userID, managesAll: principal.role == .admin)
    }
}
