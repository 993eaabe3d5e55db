import Postgres

/// An order, locked for the rest of the transaction: what every step decides on.
struct LockedOrder: Equatable, Sendable {
    let id: String
    let number: String
    let userID: Int64
    let status: Order.Status
    let paymentStatus: Order.PaymentStatus
    let currency: String
    let totalAmount: Int64
    /// What was given back, or is about to be.
    let refundedAmount: Int64
    let wasShipped: Bool
    let wasDelivered: Bool

    static func lock(_ number: String) -> PostgresQuery {
        """
        SELECT \(columns) FROM orders WHERE order_number = \(number) FOR NO KEY UPDATE
        """
    }

    /// - Parameter gate: a query of one column `is_open`; nothing is locked, and nothing waited for, when it is false.
    static func lock(_ number: String, behind gate: PostgresQuery) -> PostgresQuery {
        """
        WITH gate AS MATERIALIZED (\(gate))
        SELECT \(columns) FROM gate CROSS JOIN orders WHERE gate.is_open AND order_number = \(number)
        FOR NO KEY UPDATE OF orders
        """
    }

    private static let columns: PostgresQuery = """
        id::text, order_number, user_id, status, payment_status, currency, total_amount, refunded_amount,
            shipped_at IS NOT NULL, delivered_at IS NOT NULL
        """

    init(_ row: PostgresRow) throws {
        id = try row.decode(0)
        number = try row.decode(1)
        userID = try row.decode(2)
        status = Order.Status(rawValue: try row.decode(3)) ?? .pending
        paymentStatus = Order.PaymentStatus(rawValue: try row.decode(4)) ?? .none
        currency = try row.decode(5)
        totalAmount = try row.decode(6)
        refundedAmount = try row.decode(7)
        wasShipped = try row.decode(8)
        wasDelivered = try row.decode(9)
    }

    init(
        id: String = "0193e3f0-0000-7000-8000-000000000000",
        number: String = "W-261121-7K3MX9QD",
        userID: Int64 = 1,
        status: Order.Status,
        paymentStatus: Order.PaymentStatus = .paid,
        currency: String = "EUR",
        totalAmount: Int64 = 1_000,
        refundedAmount: Int64 = 0,
        wasShipped: Bool = false,
        wasDelivered: Bool = false
    ) {
        self.id = id
        self.number = number
        self.userID = userID
        self.status = status
        self.paymentStatus = paymentStatus
        self.currency = currency
        self.totalAmount = totalAmount
        self.refundedAmount = refundedAmount
        self.wasShipped = wasShipped
        self.wasDelivered = wasDelivered
    }
}
