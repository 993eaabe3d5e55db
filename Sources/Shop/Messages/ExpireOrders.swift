import Jobs

/// Asks for orders that nobody confirmed in time to be cancelled.
package struct ExpireOrders: Job, Equatable {
    package static let name = "orders.expire"

    /// How long an order may be pending.
    package let pendingHours: Int

    package init(pendingHours: Int = Self.standard) { self.pendingHours = pendingHours }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        pendingHours = try fields.decodeIfPresent(Int.self, forKey: .pendingHours) ?? Self.standard
    }

    package static let standard = 24

    private enum CodingKeys: String, CodingKey {
        case pendingHours = "pending_hours"
    }
}
