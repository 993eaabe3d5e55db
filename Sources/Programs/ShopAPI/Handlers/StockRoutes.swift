import Catalog
import Database
import Foundation
import HTTPServer
import Validation

/// Stock levels and their ledger, for sellers (their own variants) and admins.
struct StockRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func list(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = StockFilter(
            sku: query.text("sku", length: ProductLimits.sku),
            productID: query.id("product"),
            below: query.integer("below", in: 0...Int64(ProductLimits.stock.upperBound)).map(Int.init),
            isLow: query.boolean("low") ?? false
        )
        let sort = query.choice("sort", StockFilter.Sort.self) ?? .sku
        let page = query.page()
        let levels = try await shop.stock.levels(
            filter,
            sort: sort,
            try query.checked(page),
            for: try request.editor()
        )
        return try .json(PageBody(levels, StockLevelBody.init))
    }

    @Sendable func movements(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let page = query.page()
        let movements = try await shop.stock.movements(
            ofVariant: try variantID(request),
            try query.checked(page),
            for: try request.editor()
        )
        return try .json(PageBody(movements, StockMovementBody.init))
    }

    @Sendable func adjust(_ request: Request) async throws -> Response {
        let adjustment = try request.decode(StockAdjustmentBody.self).adjustment()
        let adjusted = try await shop.adjustStock(
            adjustment,
            ofVariant: try variantID(request),
            by: try request.editor(),
            key: try request.idempotencyKey()
        ) { adjusted in
            Array(try JSONCoding.encoder.encode(StockAdjustedBody(adjusted)))
        }
        var response = Response(
            status: 201,
            headers: ["Content-Type": "application/json"],
            body: .bytes(adjusted.value.body)
        )
        if adjusted.value.isReplay { response.headers["Idempotency-Replayed"] = "true" }
        return response
    }

    private func variantID(_ request: Request) throws(CatalogError) -> Int64 {
        guard let id = request.parameters["variant_id"].flatMap(Int64.init) else { throw .variantNotFound }
        return id
    }
}
