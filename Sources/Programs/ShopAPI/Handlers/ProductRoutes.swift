import Accounts
import Catalog
import Database
import HTTPServer
import Validation

/// Products, their variants and their images, for sellers (their own) and admins.
struct ProductRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func list(_ request: Request) async throws -> Response {
        let editor = try request.editor()
        var query = QueryReader(request.query)
        let status = query.choice("status", Product.Status.self)
        let words = query.text("q", length: 1...200)
        let wanted = query.id("seller")
        let seller = editor.managesAll ? wanted : editor.userID
        let filter = query.filter()
        let sort = query.choice("sort", ProductList.Sort.self) ?? .newest
        let page = query.page()
        let list = ProductList(
            filter: try query.checked(filter),
            sort: sort,
            request: try query.checked(page),
            words: words,
            scope: .managed(sellerID: seller, status: status)
        )
        let products = try await shop.catalog.managed(list, request.consistency)
        return try .json(PageBody(products, ManagedProductBody.init))
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        let product = try await shop.catalog.managed(
            try productID(request),
            for: try request.editor(),
            request.consistency
        )
        return try Response.json(ProductBody(product, isManaged: true)).tagged(product.version)
    }

    @Sendable func create(_ request: Request) async throws -> Response {
        let draft = try request.decode(ProductDraftBody.self).draft
        let created = try await shop.editCatalog.create(draft, by: try request.editor())
        var response = try answer(created, ProductBody(created.value, isManaged: true), status: 201)
        response.headers["Location"] = "/api/catalog/products/\(created.value.slug)"
        return response
    }

    @Sendable func replace(_ request: Request) async throws -> Response {
        let body = try request.decode(ProductDraftBody.self)
        let updated = try await update(request) { $0 = body.draft }
        return try answer(updated, ProductBody(updated.value, isManaged: true))
    }

    @Sendable func change(_ request: Request) async throws -> Response {
        let body = try request.decode(ProductChangeBody.self)
        let updated = try await update(request) { body.apply(to: &$0) }
        return try answer(updated, ProductBody(updated.value, isManaged: true))
    }

    @Sendable func delete(_ request: Request) async throws -> Response {
        _ = try await shop.editCatalog.delete(
            try productID(request),
            by: try request.editor(),
            if: request.versionCondition
        )
        return Response.noContent
    }

    // MARK: Variants

    @Sendable func addVariant(_ request: Request) async throws -> Response {
        let variant = try request.decode(ProductDraftBody.Variant.self).draft
        let updated = try await update(request) { $0.variants.append(variant) }
        return try variantAnswer(updated, status: 201) { $0.last }
    }

    @Sendable func changeVariant(_ request: Request) async throws -> Response {
        let body = try request.decode(VariantChangeBody.self)
        let id = try partID(request, "variant_id", orElse: .variantNotFound)
        let updated = try await update(request) { try $0.changeVariant(id, body.apply) }
        return try variantAnswer(updated) { variants in variants.first { $0.id == id } }
    }

    @Sendable func deleteVariant(_ request: Request) async throws -> Response {
        let id = try partID(request, "variant_id", orElse: .variantNotFound)
        _ = try await update(request) { try $0.removeVariant(id) }
        return Response.noContent
    }

    private func variantAnswer(
        _ updated: Committed<Product>,
        status: Int = 200,
        _ pick: ([ProductVariant]) -> ProductVariant?
    ) throws -> Response {
        guard let variant = pick(updated.value.variants) else { throw CatalogError.variantNotFound }
        return try answer(updated, ProductBody.Variant(variant, isManaged: true), status: status)
    }

    // MARK: Images

    @Sendable func addImage(_ request: Request) async throws -> Response {
        let image = try request.decode(ProductDraftBody.Image.self).draft
        let updated = try await update(request) { $0.addImage(image) }
        return try imageAnswer(updated, status: 201) { $0.last }
    }

    @Sendable func changeImage(_ request: Request) async throws -> Response {
        let body = try request.decode(ImageChangeBody.self)
        let id = try partID(request, "image_id", orElse: .imageNotFound)
        let updated = try await update(request) { try $0.changeImage(id, body.apply) }
        return try imageAnswer(updated) { images in images.first { $0.id == id } }
    }

    @Sendable func deleteImage(_ request: Request) async throws -> Response {
        let id = try partID(request, "image_id", orElse: .imageNotFound)
        _ = try await update(request) { try $0.removeImage(id) }
        return Response.noContent
    }

    @Sendable func arrangeImages(_ request: Request) async throws -> Response {
        let ids = try request.decode(ImageOrderBody.self).imageIDs.map(\.value)
        let updated = try await update(request) { try $0.arrangeImages(ids) }
        return try answer(updated, updated.value.images.map(ProductBody.Image.init))
    }

    private func imageAnswer(
        _ updated: Committed<Product>,
        status: Int = 200,
        _ pick: ([ProductImage]) -> ProductImage?
    ) throws -> Response {
        guard let image = pick(updated.value.images) else { throw CatalogError.imageNotFound }
        return try answer(updated, ProductBody.Image(image), status: status)
    }

    // MARK: What they share

    private func update(
        _ request: Request,
        _ change: @Sendable (inout ProductDraft) throws -> Void
    ) async throws -> Committed<Product> {
        try await shop.editCatalog.update(
            try productID(request),
            by: try request.editor(),
            if: request.versionCondition,
            change
        )
    }

    /// The tag of the product's new version goes with every answer, so that the next edit can be made conditional on it.
    private func answer(
        _ committed: Committed<Product>,
        _ body: some Encodable,
        status: Int = 200
    ) throws -> Response {
        try Response.json(body, status: status).tagged(committed.value.version)
    }

    private func productID(_ request: Request) throws(CatalogError) -> Int64 {
        try partID(request, "product", orElse: .productNotFound)
    }

    private func partID(
        _ request: Request,
        _ name: String,
        orElse error: CatalogError
    ) throws(CatalogError) -> Int64 {
        guard let id = request.parameters[name].flatMap(Int64.init) else { throw error }
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
