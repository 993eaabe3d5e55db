import Catalog
import Database
import HTTPServer

/// Categories and brands, for admins.
struct ShelfRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func createCategory(_ request: Request) async throws -> Response {
        let created = try await shop.editCategories.create(try request.decode(CategoryDraftBody.self).draft)
        return try answer(created, status: 201)
    }

    @Sendable func changeCategory(_ request: Request) async throws -> Response {
        let body = try request.decode(CategoryChangeBody.self)
        return try answer(try await shop.editCategories.change(slug(request), body.apply))
    }

    @Sendable func deleteCategory(_ request: Request) async throws -> Response {
        _ = try await shop.editCategories.delete(slug(request))
        return Response.noContent
    }

    @Sendable func createBrand(_ request: Request) async throws -> Response {
        let created = try await shop.editBrands.create(try request.decode(BrandDraftBody.self).draft)
        return try answer(created, status: 201)
    }

    @Sendable func changeBrand(_ request: Request) async throws -> Response {
        let body = try request.decode(BrandChangeBody.self)
        return try answer(try await shop.editBrands.change(slug(request), body.apply))
    }

    @Sendable func deleteBrand(_ request: Request) async throws -> Response {
        _ = try await shop.editBrands.delete(slug(request))
        return Response.noContent
    }

    private func slug(_ request: Request) -> String { request.parameters["slug"] ?? "" }

    private func answer(
        _ committed: Committed<(Category, CategoryTree)>,
        status: Int = 200
    ) throws -> Response {
        let (category, tree) = committed.value
        var response = try Response.json(CategoryBody(category, in: tree), status: status)
        if status == 201 { response.headers["Location"] = "/api/catalog/categories/\(category.slug)" }
        return response
    }

    private func answer(_ committed: Committed<Brand>, status: Int = 200) throws -> Response {
        try Response.json(BrandBody(committed.value), status: status)
    }
}
