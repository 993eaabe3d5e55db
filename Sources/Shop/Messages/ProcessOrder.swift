import Jobs

/// Asks for an order to take one step of its life.
package struct ProcessOrder: Job, Equatable {
    package static let name = "order.process"

    package enum Action: String, Codable, Sendable {
        case confirm, ship, deliver, cancel, refund
        case updateInventory = "update_inventory"
    }

    package let action: Action
    package let orderNumber: String

    package init(action: Action, orderNumber: String) {
        self.action = action
        self.orderNumber = orderNumber
    }

    private enum CodingKeys: String, CodingKey {
        case action
        case orderNumber = "order_number"
    }
}
