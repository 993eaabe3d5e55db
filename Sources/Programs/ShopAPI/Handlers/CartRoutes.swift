import Accounts
import Carts
import HTTPServer

/// The signed-in customer's own cart.
struct CartRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func cart(_ request: Request) async throws -> Response {
        try .json(CartBody(try await shop.carts.cart(of: try request.principal().userID)))
    }

    @Sendable func empty(_ request: Request) async throws -> Response {
        try await shop.carts.empty(for: try request.principal().userID)
        return .noContent
    }

    @Sendable func add(_ request: Request) async throws -> Response {
        let item = try request.decode(CartItemBody.self).checked()
        let userID = try request.principal().userID
        return try .json(CartBody(try await shop.carts.add(item.quantity, of: item.variantID.value, for: userID)))
    }

    @Sendable func change(_ request: Request) async throws -> Response {
        let quantity = try request.decode(CartQuantityBody.self).checked()
        let userID = try request.principal().userID
        return try .json(CartBody(try await shop.carts.set(quantity, of: try variantID(request), for: userID)))
    }

    @Sendable func remove(_ request: Request) async throws -> Response {
        try await shop.carts.remove(try variantID(request), for: try request.principal().userID)
        return .noContent
    }

    private func variantID(_ request: Request) throws(CartError) -> Int64 {
        guard let id = request.parameters["variant_id"].flatMap(Int64.init) else { throw .noSuchLine }
        return id
    }
}
