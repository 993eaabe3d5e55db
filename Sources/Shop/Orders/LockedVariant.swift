import Postgres

/// A variant for sale; read for an order, it is locked for the rest of the transaction.
struct LockedVariant: Equatable, Sendable {
    var id: Int64
    var productID: Int64
    var categoryID: Int64
    var sku: String
    var name: String
    var productName: String
    var priceAmount: Int64
    var currency: String
    var stockQuantity: Int

    /// Locks in id order, which is the order everybody locks variants in, so that two orders never wait for each other.
    ///
    /// - Parameters:
    ///   - wanted: a condition on the variant `v`.
    ///   - gate: a query of one column `is_open`; nothing is locked, and nothing waited for, when it is false.
    static func lock(_ wanted: PostgresQuery, behind gate: PostgresQuery) -> PostgresQuery {
        """
        WITH gate AS MATERIALIZED (\(gate))
        SELECT \(columns)
        FROM gate CROSS JOIN product_variants v JOIN products p ON p.id = v.product_id
        WHERE gate.is_open AND \(wanted) AND p.status = 'active'
        ORDER BY v.id FOR UPDATE OF v
        """
    }

    /// The same without a lock, for who does not order.
    static func read(_ wanted: PostgresQuery) -> PostgresQuery {
        """
        SELECT \(columns) FROM product_variants v JOIN products p ON p.id = v.product_id
        WHERE \(wanted) AND p.status = 'active' ORDER BY v.id
        """
    }

    private static let columns: PostgresQuery =
        "v.id, v.product_id, v.sku, v.name, p.name, v.price_amount, p.currency, v.stock_quantity, p.category_id"

    init(_ row: PostgresRow) throws {
        id = try row.decode(0)
        productID = try row.decode(1)
        sku = try row.decode(2)
        name = try row.decode(3)
        productName = try row.decode(4)
        priceAmount = try row.decode(5)
        currency = try row.decode(6)
        stockQuantity = try row.decode(7)
        categoryID = try row.decode(8)
    }

    init(
        id: Int64,
        productID: Int64,
        categoryID: Int64,
        sku: String,
        name: String,
        productName: String,
        priceAmount: Int64,
        currency: String,
        stockQuantity: Int
    ) {
        self.id = id
        self.productID = productID
        self.categoryID = categoryID
        self.sku = sku
        self.name = name
        self.productName = productName
        self.priceAmount = priceAmount
        self.currency = currency
        self.stockQuantity = stockQuantity
    }
}
