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

    package init(template: Template, orderNumber: String) {
        self.template = template
        self.orderNumber = orderNumber
    }

    private enum CodingKeys: String, CodingKey {
        case template
        case orderNumber = "order_number"
    }
}
