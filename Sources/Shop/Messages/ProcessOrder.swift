import Jobs

/// Asks for an order to take one step of its life.
package struct ProcessOrder: Job, Equatable {
    package static let name = "order.process"

    package enum Action: String, Codable, Sendable, CaseIterable {
        case confirm, ship, deliver, cancel, refund
        case updateInventory = "update_inventory"
    }

    package let action: Action
    package let orderNumber: String
    /// Who asked for it, as the timeline has it: `user:<id>` or `admin:<id>`. Absent: the job itself.
    package let actor: String?
    /// Of `ship`: who carries the parcel, and their number for it.
    package let carrier: String?
    package let trackingNumber: String?
    /// Of `cancel`: why, for people.
    package let reason: String?
    /// Of `refund`: which one. Its amount stands in the database.
    package let refundID: String?

    package init(
        action: Action,
        orderNumber: String,
        actor: String? = nil,
        carrier: String? = nil,
        trackingNumber: String? = nil,
        reason: String? = nil,
        refundID: String? = nil
    ) {
        self.action = action
        self.orderNumber = orderNumber
        self.actor = actor
        self.carrier = carrier
        self.trackingNumber = trackingNumber
        self.reason = reason
        self.refundID = refundID
    }

    private enum CodingKeys: String, CodingKey {
        case action
        case orderNumber = "order_number"
        case actor, carrier
        case trackingNumber = "tracking_number"
        case reason
        case refundID = "refund_id"
    }
}
