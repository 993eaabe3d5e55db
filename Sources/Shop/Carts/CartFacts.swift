import Postgres

/// A change of one line.
enum CartChange: Equatable {
    case add(Int)
    case set(Int)
}

/// What a change of a cart depends on, as the statement that makes the change saw it.
struct CartFacts: Equatable {
    var sku: String
    var stockQuantity: Int
    var currency: String
    /// Of the line before the change; `nil` when there was none.
    var lineQuantity: Int?
    /// In the cart before the change.
    var lineCount: Int
    /// Of the other lines; `nil` when none of them is for sale.
    var cartCurrency: String?
    /// Whether the statement wrote the line.
    var isWritten: Bool

    /// Why the statement wrote nothing, in the order in which a customer would want to hear of it.
    func check(_ change: CartChange) throws(CartError) {
        if isWritten { return }
        if case .set = change, lineQuantity == nil { throw .noSuchLine }
        if let cartCurrency, cartCurrency != currency { throw .otherCurrency(cart: cartCurrency, variant: currency) }
        let wanted = wanted(change)
        if wanted > CartLimits.quantity.upperBound { throw .lineFull }
        if wanted > stockQuantity {
            throw .insufficientStock(sku: sku, requested: wanted, available: stockQuantity)
        }
        throw .cartFull
    }

    private func wanted(_ change: CartChange) -> Int {
        switch change {
        case .add(let quantity): (lineQuantity ?? 0) + quantity
        case .set(let quantity): quantity
        }
    }
}

extension CartFacts {
    init(_ row: PostgresRow) throws {
        sku = try row.decode(0)
        stockQuantity = try row.decode(1)
        currency = try row.decode(2)
        lineQuantity = try row.decode(3)
        lineCount = try row.decode(4)
        cartCurrency = try row.decode(5)
        isWritten = try row.decode(6)
    }
}
