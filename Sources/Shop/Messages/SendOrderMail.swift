import Jobs

/// Asks for one mail about one order.
package struct SendOrderMail: Job, Equatable {
    package static let name = "email.send_order_confirmation"

    package enum Template: String, Codable, Sendable, CaseIterable {
        case orderPlaced = "order_placed"
        case orderConfirmed = "order_confirmed"
        case orderShipped = "order_shipped"
        case orderDelivered = "order_delivered"
        case orderCancelled = "order_cancelled"
        case orderRefunded = "order_refunded"
        case paymentFailed = "payment_failed"
    }

    package let template: Template
    package let orderNumber: String
    /// Of `order_refunded`: which refund it is about. Each has a mail of its own.
    package let refundID: String?

    package init(template: Template, orderNumber: String, refundID: String? = nil) {
        self.template = template
        self.orderNumber = orderNumber
        self.refundID = refundID
    }

    private enum CodingKeys: String, CodingKey {
        case template
        case orderNumber = "order_number"
        case refundID = "refund_id"
    }
}
