import Accounts
import Database
import Foundation
import HTTPServer
import Idempotency
import Observability
import Orders

struct OrderRoutes {
    private let shop: ShopDependencies
    private let logger = Logger(label: "api")

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func place(_ request: Request) async throws -> Response {
        let order = try request.decode(OrderRequestBody.self).request(payingAt: shop.gateway)
        let principal = try request.principal()
        let key = try request.idempotencyKey() ?? .generate()
        return try await key.namedInProblems(logger) {
            let placed = try await shop.placeOrder(order, userID: principal.userID, key: key) { order in
                Array(try JSONCoding.encoder.encode(OrderBody(order)))
            }
            return Response(placed.value, key)
        }
    }
}
