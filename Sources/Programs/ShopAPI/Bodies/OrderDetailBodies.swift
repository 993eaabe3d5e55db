import Accounts
import Foundation
import Orders

/// An order with all that became of it: the fields of ``OrderBody``, and these beside them.
struct OrderDetailBody: Encodable {
    private let order: OrderBody
    private let billingAddress: Address?
    private let refundedAmount: Int64
    private let refunds: [RefundBody]
    private let shipment: ShipmentBody?
    private let updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case billingAddress = "billing_address"
        case refundedAmount = "refunded_amount"
        case refunds, shipment
        case updatedAt = "updated_at"
    }

    init(_ detail: OrderDetail) {
        order = OrderBody(detail.order)
        billingAddress = detail.billingAddress
        refundedAmount = detail.refundedAmount
        refunds = detail.refunds.map { RefundBody($0, currency: detail.order.currency) }
        shipment = ShipmentBody(detail.shipment)
        updatedAt = detail.updatedAt
    }

    func encode(to encoder: any Encoder) throws {
        try order.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(billingAddress, forKey: .billingAddress)
        try container.encode(refundedAmount, forKey: .refundedAmount)
        try container.encode(refunds, forKey: .refunds)
        try container.encodeIfPresent(shipment, forKey: .shipment)
        try container.encode(updatedAt, forKey: .updatedAt)
    }
}

struct ShipmentBody: Encodable {
    let carrier: String?
    let trackingNumber: String?
    let shippedAt: Date
    let deliveredAt: Date?

    private enum CodingKeys: String, CodingKey {
        case carrier
        case trackingNumber = "tracking_number"
        case shippedAt = "shipped_at"
        case deliveredAt = "delivered_at"
    }

    /// `nil` for what has not been shipped.
    init?(_ shipment: Shipment) {
        guard let shippedAt = shipment.shippedAt else { return nil }
        carrier = shipment.carrier
        trackingNumber = shipment.trackingNumber
        self.shippedAt = shippedAt
        deliveredAt = shipment.deliveredAt
    }
}

struct RefundBody: Encodable {
    let id: String
    let amount: Int64
    let currency: String
    let reason: String
    let status: String
    let createdAt: Date
    let settledAt: Date?

    private enum CodingKeys: String, CodingKey {
        case id, amount, currency, reason, status
        case createdAt = "created_at"
        case settledAt = "settled_at"
    }

    init(_ refund: Refund, currency: String) {
        id = refund.id
        amount = refund.amount
        self.currency = currency
        reason = refund.reason
        status = refund.status.rawValue
        createdAt = refund.createdAt
        settledAt = refund.settledAt
    }
}

struct TrackingBody: Encodable {
    struct Step: Encodable {
        let status: String
        let at: Date
    }

    let orderNumber: String
    let status: String
    let shipment: ShipmentBody?
    let history: [Step]

    private enum CodingKeys: String, CodingKey {
        case orderNumber = "order_number"
        case status, shipment, history
    }

    init(_ tracking: OrderTracking) {
        orderNumber = tracking.number.rawValue
        status = tracking.status.rawValue
        shipment = ShipmentBody(tracking.shipment)
        history = tracking.history.map { Step(status: $0.status.rawValue, at: $0.at) }
    }
}

struct OrderSummaryBody: Encodable {
    let orderNumber: String
    /// Only staff ask whose it is.
    let customerID: WireID?
    let status: String
    let paymentStatus: String
    let totalAmount: Int64
    let refundedAmount: Int64
    let currency: String
    let unitCount: Int
    let firstProduct: String?
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case orderNumber = "order_number"
        case customerID = "customer_id"
        case status
        case paymentStatus = "payment_status"
        case totalAmount = "total_amount"
        case refundedAmount = "refunded_amount"
        case currency
        case unitCount = "unit_count"
        case firstProduct = "first_product"
        case createdAt = "created_at"
    }

    init(_ summary: OrderSummary, isForStaff: Bool) {
        orderNumber = summary.number
        customerID = isForStaff ? WireID(summary.userID) : nil
        status = summary.status.rawValue
        paymentStatus = summary.paymentStatus.rawValue
        totalAmount = summary.totalAmount
        refundedAmount = summary.refundedAmount
        currency = summary.currency
        unitCount = summary.unitCount
        firstProduct = summary.firstProduct
        createdAt = summary.createdAt
    }
}
