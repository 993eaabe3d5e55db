import Accounts
import Database
import Foundation
import HTTPServer
import Idempotency
import Observability
import Orders

/// Asking for an order to take a step. What the state machine forbids is refused at once; the rest is a job's, and the
/// answer says 202.
struct OrderStepRoutes {
    private let shop: ShopDependencies
    private let logger = Logger(label: "api")

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func cancel(_ request: Request) async throws -> Response {
        let body = request.body.isEmpty ? CancellationBody() : try request.decode(CancellationBody.self)
        return try await take(try body.step(), request)
    }

    @Sendable func setStatus(_ request: Request) async throws -> Response {
        // A step is idempotent by itself; but a key that is none is refused for every step alike.
        _ = try request.idempotencyKey()
        switch try request.decode(OrderStatusBody.self).wish() {
        case .step(let step): return try await take(step, request)
        case .refund(let refund): return try await refundAnswer(refund, request)
        }
    }

    @Sendable func refund(_ request: Request) async throws -> Response {
        try await refundAnswer(try request.decode(RefundRequestBody.self).request(), request)
    }

    private func take(_ step: OrderStep, _ request: Request) async throws -> Response {
        let accepted = try await shop.orderDesk.requestStep(
            step,
            of: try request.orderNumber(),
            by: try request.orderActor()
        )
        let body = StepAcceptedBody(
            orderNumber: accepted.value.number,
            status: accepted.value.status.rawValue,
            requestedStatus: step.target.rawValue
        )
        let status = accepted.value.wasTakenBefore ? 200 : 202
        return try Response.json(body, status: status)
    }

    private func refundAnswer(_ refund: RefundRequest, _ request: Request) async throws -> Response {
        let number = try request.orderNumber()
        let key = try request.idempotencyKey() ?? .generate()
        return try await key.namedInProblems(logger) {
            let taken = try await shop.orderDesk.requestRefund(
                refund,
                of: number,
                by: try request.orderActor(),
                userID: try request.principal().userID,
                key: key
            ) { refund, currency in
                Array(try JSONCoding.encoder.encode(RefundBody(refund, currency: currency)))
            }
            shop.orderDesk.didStep(number.rawValue)
            return Response(taken.value, key)
        }
    }
}
