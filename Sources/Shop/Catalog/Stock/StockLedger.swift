package import Postgres

/// The ledger of stock: `stock_movements`, whose lines of a variant always add up to its level.
///
/// The rule that keeps it so: whoever changes `product_variants.stock_quantity` inserts the lines in the same statement.
package enum StockLedger {
    /// Why a level changed.
    package enum Reason: String, Sendable, CaseIterable {
        /// A variant is new, or the ledger is.
        case initial
        case `import`
        case order
        case cancellation
        case expiry
        case refund
        /// By hand: a delivery, a count, a loss, a variant that was removed.
        case adjustment
    }

    /// The `INSERT` that ends a statement whose CTE `changed` has the columns `id` (of the variant) and `delta`. Rows that
    /// changed nothing leave no line.
    ///
    /// - Parameters:
    ///   - actor: the id of the person behind it.
    ///   - order: the id of the order, for reasons that belong to one.
    ///   - note: a text for people; an expression over the columns of `changed`.
    package static func record(
        _ reason: Reason,
        actor: Int64? = nil,
        order: String? = nil,
        note: PostgresQuery = "NULL"
    ) -> PostgresQuery {
        """
        INSERT INTO stock_movements (variant_id, delta, reason, actor_id, order_id, note)
        SELECT id, delta, \(unsafeSQL: "'\(reason.rawValue)'"), \(actor)::bigint, \(order)::uuid, \(note)
        FROM changed WHERE delta <> 0
        """
    }
}
