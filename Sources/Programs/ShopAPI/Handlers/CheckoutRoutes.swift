import Accounts
import HTTPServer
import Orders
import Validation

/// What a customer asks before ordering.
struct CheckoutRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func quote(_ request: Request) async throws -> Response {
        let order = try request.decode(OrderRequestBody.self).request(payingAt: shop.gateway)
        let userID = try request.principal().userID
        return try .json(QuoteBody(try await shop.quoteOrder(order, userID: userID, request.consistency)))
    }

    @Sendable func shippingMethods(_ request: Request) async throws -> Response {
        let country = request.query.first("country")
        if let country, country.utf8.count != 2 || !country.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) {
            throw ValidationError("country", "must be an ISO 3166-1 code of two capital letters such as DE")
        }
        let methods = try await shop.shippingMethods.all(request.consistency)
        return try .json(
            methods.filter { method in country.map { method.isOffered(in: $0) } ?? method.isActive }
                .map(ShippingOptionBody.init)
        )
    }
}
