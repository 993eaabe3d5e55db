extension Order {
    /// The states of an order. The database has the same edges in the trigger `orders_status_edge`.
    package enum Status: String, Sendable, CaseIterable {
        case pending, confirmed, shipped, delivered, cancelled, refunded

        package var next: Set<Status> {
            switch self {
            case .pending: [.confirmed, .cancelled]
            case .confirmed: [.shipped, .cancelled, .refunded]
            case .shipped: [.delivered, .refunded]
            case .delivered: [.refunded]
            case .cancelled, .refunded: []
            }
        }

        /// Whether the order's way is over for its customer: nothing but a refund can follow.
        package var isSettled: Bool { next.isSubset(of: [.refunded]) }
    }
}
