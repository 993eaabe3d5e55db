import Foundation
import Payments
import Postgres

/// The payment of one order, as the jobs about it read it.
struct OrderPayment: Sendable {
    enum Status: String, Sendable {
        case created, authorizing, pending, authorized, captured, declined, voided
    }

    let id: UUID
    let orderID: String
    let orderNumber: String
    let orderStatus: Order.Status
    let gateway: String
    /// Forgotten once the payment is decided.
    let token: String?
    let currency: String
    let amount: Int64
    let status: Status
    let reference: String?
    let refundedAmount: Int64
    /// Seconds.
    let age: Double
    let isUrgent: Bool
    let idempotencyKey: String

    /// Of the payment `p` and its order `o`, in the order in which the initializer reads them.
    static let columns: PostgresQuery = """
        p.id, o.id::text, o.order_number, o.status, p.gateway, p.token, p.currency, p.amount, p.status, p.reference,
        p.refunded_amount, extract(epoch FROM clock_timestamp() - p.created_at)::float8,
        EXISTS (SELECT FROM shipping_methods m WHERE m.code = o.shipping_method AND m.is_urgent), o.idempotency_key
        """

    init(_ row: PostgresRow) throws {
        id = try row.decode(0)
        orderID = try row.decode(1)
        orderNumber = try row.decode(2)
        orderStatus = Order.Status(rawValue: try row.decode(3)) ?? .pending
        gateway = try row.decode(4)
        token = try row.decode(5)
        currency = try row.decode(6)
        amount = try row.decode(7)
        status = Status(rawValue: try row.decode(8)) ?? .created
        reference = try row.decode(9)
        refundedAmount = try row.decode(10)
        age = try row.decode(11)
        isUrgent = try row.decode(12)
        idempotencyKey = try row.decode(13)
    }

    /// The same for each time that the gateway is asked.
    var authorizationKey: String { "authorize-\(id.uuidString.lowercased())" }

    /// - Returns: nil when the token is gone, which means that it is decided.
    var authorizationRequest: AuthorizationRequest? {
        token.map {
            AuthorizationRequest(
                paymentID: id.uuidString.lowercased(),
                orderNumber: orderNumber,
                token: $0,
                amount: amount,
                currency: currency
            )
        }
    }

    /// What became of the authorisation: asked with the same words as the first time, or by the gateway's name for it.
    func ask(_ gateway: any PaymentGateway) async throws -> GatewayAnswer {
        guard self.gateway == gateway.name.rawValue else {
            throw GatewayError.permanent("the payment belongs to \(self.gateway), not to \(gateway.name.rawValue)")
        }
        if let reference { return try await gateway.authorization(reference) }
        guard let request = authorizationRequest else { throw GatewayError.permanent("there is nothing to ask") }
        return try await gateway.authorize(request, key: authorizationKey)
    }
}
