import Accounts
import Catalog
import Database
import HTTPServer
import Search
import Validation

/// What everybody may read of the catalog.
struct CatalogRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func categories(_ request: Request) async throws -> Response {
        let tree = try await shop.catalog.categories(request.consistency)
        return try Response.json(tree.categories.map { CategoryBody($0, in: tree) }).catalog(for: request)
    }

    @Sendable func category(_ request: Request) async throws -> Response {
        let tree = try await shop.catalog.categories(request.consistency)
        guard let category = request.parameters["slug"].flatMap(tree.category) else {
            throw CatalogError.categoryNotFound
        }
        return try Response.json(CategoryDetailBody(category, in: tree)).catalog(for: request)
    }

    @Sendable func brands(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let page = query.page()
        let brands = try await shop.catalog.brands(try query.checked(page), request.consistency)
        return try Response.json(PageBody(brands, BrandBody.init)).catalog(for: request)
    }

    @Sendable func list(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.filter()
        let sort = query.choice("sort", ProductList.Sort.self) ?? .newest
        let page = query.page()
        let list = ProductList(filter: try query.checked(filter), sort: sort, request: try query.checked(page))
        let products = try await shop.catalog.list(list, request.consistency)
        return try Response.json(PageBody(products, ProductSummaryBody.init)).catalog(for: request)
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        guard let slug = request.parameters["product"], Slug.isValid(slug),
            let product = try await shop.catalog.product(slug: slug, request.consistency)
        else { throw CatalogError.productNotFound }
        return try Response.json(ProductBody(product)).catalog(for: request, version: product.version)
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
}
