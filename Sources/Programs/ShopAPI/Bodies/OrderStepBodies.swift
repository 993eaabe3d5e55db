import Orders
import Validation

struct CancellationBody: Decodable {
    var reason: String?

    func step() throws(ValidationError) -> OrderStep {
        var validator = Validator()
        let reason = reason.map { validator.line($0, "reason", length: 0...500) }
        try validator.finish()
        return .cancel(reason: reason?.isEmpty == true ? nil : reason)
    }
}

/// What staff want an order to become.
struct OrderStatusBody: Decodable {
    enum Wish {
        case step(OrderStep)
        case refund(RefundRequest)
    }

    let status: String
    let carrier: String?
    let trackingNumber: String?
    let reason: String?

    private enum CodingKeys: String, CodingKey {
        case status, carrier
        case trackingNumber = "tracking_number"
        case reason
    }

    func wish() throws(ValidationError) -> Wish {
        switch Order.Status(rawValue: status) {
        case .shipped: .step(try shipping())
        case .delivered: .step(.deliver)
        case .cancelled: .step(try CancellationBody(reason: reason).step())
        case .refunded: .refund(try RefundRequest(amount: nil, reason: reason ?? "refunded in full"))
        case .pending, .confirmed, nil:
            throw ValidationError("status", "must be shipped, delivered, cancelled or refunded")
        }
    }

    private func shipping() throws(ValidationError) -> OrderStep {
        var validator = Validator()
        let carrier = validator.line(carrier ?? "", "carrier", length: 1...100)
        let trackingNumber = validator.line(trackingNumber ?? "", "tracking_number", length: 1...100)
        try validator.finish()
        return .ship(carrier: carrier, trackingNumber: trackingNumber)
    }
}

struct RefundRequestBody: Decodable {
    let amount: Int64?
    let reason: String

    func request() throws(ValidationError) -> RefundRequest { try RefundRequest(amount: amount, reason: reason) }
}

/// The answer to a step that was asked for.
struct StepAcceptedBody: Encodable {
    let orderNumber: String
    /// As it was when the step was asked for.
    let status: String
    let requestedStatus: String

    private enum CodingKeys: String, CodingKey {
        case orderNumber = "order_number"
        case status
        case requestedStatus = "requested_status"
    }
}
