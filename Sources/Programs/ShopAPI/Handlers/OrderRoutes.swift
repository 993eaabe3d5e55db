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
        do {
            let placed = try await shop.placeOrder(order, userID: principal.userID, key: key) { order in
                Array(try JSONCoding.encoder.encode(OrderBody(order)))
            }
            return response(placed.value, key)
        } catch {
            guard var problem = DomainErrors.problem(for: error, logger) else { throw error }
            // With the key, asking again is safe even where nobody can say whether the order was placed.
            problem.headers["Idempotency-Key"] = key.value
            throw problem
        }
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        let principal = try request.principal()
        // Somebody else's order is not there, so that numbers cannot be tried out.
        guard let number = request.parameters["number"].flatMap(OrderNumber.init(rawValue:)),
            let order = try await shop.orders.order(number, request.consistency),
            order.userID == principal.userID || principal.role == .admin
        else { throw Problem.notFound("There is no such order.") }
        return try .json(OrderBody(order))
    }

    private func response(_ answer: PlaceOrder.Answer, _ key: IdempotencyKey) -> Response {
        var response = Response(
            status: answer.status,
            headers: ["Content-Type": "application/json", "Idempotency-Key": key.value],
            body: .bytes(answer.body)
        )
        if answer.isReplay { response.headers["Idempotency-Replayed"] = "true" }
        return response
    }
}
