/// What an order takes out of the locked stock: the decision, without any reading or writing.
struct Checkout: Equatable {
    struct Line: Equatable {
        let variant: LockedVariant
        let item: Order.Item
    }

    let lines: [Line]
    let currency: String
    let amounts: OrderAmounts

    var items: [Order.Item] { lines.map(\.item) }

    /// - Throws: `OrderError.unknownVariants`, `.mixedCurrencies` or `.insufficientStock` with every short SKU.
    init(_ wanted: [OrderRequest.Line], from variants: [LockedVariant]) throws(OrderError) {
        let byID = Dictionary(variants.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let unknown = wanted.map(\.variantID).filter { byID[$0] == nil }
        if !unknown.isEmpty { throw .unknownVariants(unknown) }

        let currencies = Set(variants.map(\.currency))
        guard currencies.count == 1, let currency = currencies.first else {
            throw .mixedCurrencies(currencies.sorted())
        }
        self.currency = currency

        let pairs = wanted.compactMap { line in byID[line.variantID].map { (variant: $0, quantity: line.quantity) } }
        let short = pairs.filter { $0.quantity > $0.variant.stockQuantity }
        if !short.isEmpty {
            throw .insufficientStock(
                short.map { .init(sku: $0.variant.sku, requested: $0.quantity, available: $0.variant.stockQuantity) }
            )
        }
        lines = pairs.map { variant, quantity in
            Line(
                variant: variant,
                item: Order.Item(
                    sku: variant.sku,
                    productName: variant.productName,
                    variantName: variant.name,
                    unitPriceAmount: variant.priceAmount,
                    quantity: quantity
                )
            )
        }
        amounts = OrderPricing.amounts(for: lines.map(\.item))
    }
}
