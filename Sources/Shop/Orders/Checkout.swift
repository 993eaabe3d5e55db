import Accounts
import Foundation

/// What an order takes out of the locked stock, and what it costs: the decision, without any reading or writing.
struct Checkout: Equatable {
    struct Line: Equatable {
        let variant: LockedVariant
        let item: Order.Item
    }

    let lines: [Line]
    let currency: String
    let amounts: OrderAmounts
    let taxLines: [TaxLine]
    let terms: CheckoutTerms

    var items: [Order.Item] { lines.map(\.item) }

    /// Whether nothing is left of one of the variants.
    var takesLastUnit: Bool { lines.contains { $0.item.quantity == $0.variant.stockQuantity } }

    /// - Throws: `OrderError.unknownVariants`, `.mixedCurrencies`, `.insufficientStock` with every short SKU,
    ///   `.shippingNotOffered`, `.discountRefused`.
    init(
        _ wanted: [OrderRequest.Line],
        from variants: [LockedVariant],
        _ terms: CheckoutTerms,
        country: String,
        now: Date
    ) throws(OrderError) {
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
        let priced = try OrderPricing.price(
            pairs.map { variant, quantity in
                PricingLine(
                    productID: variant.productID,
                    categoryID: variant.categoryID,
                    amount: variant.priceAmount * Int64(quantity)
                )
            },
            terms,
            currency: currency,
            country: country,
            now: now
        )
        lines = zip(pairs, priced.lines).map { pair, priced in
            Line(
                variant: pair.variant,
                item: Order.Item(
                    sku: pair.variant.sku,
                    productName: pair.variant.productName,
                    variantName: pair.variant.name,
                    unitPriceAmount: pair.variant.priceAmount,
                    quantity: pair.quantity,
                    discountAmount: priced.discount,
                    taxAmount: priced.tax
                )
            )
        }
        amounts = priced.amounts
        taxLines = priced.taxLines
        self.terms = terms
    }

    /// - Throws: what the other initializer throws; `OrderError.priceChanged` where the customer was told another total.
    init(_ reading: CheckoutReading, _ request: OrderRequest, now: Date) throws(OrderError) {
        do throws(OrderError) {
            try self.init(
                reading.lines,
                from: reading.variants,
                reading.terms,
                country: request.shippingAddress.country,
                now: now
            )
        } catch .unknownVariants(let ids) where request.lines == nil {
            throw .staleCart(ids)
        }
        if let expected = request.expectedTotal, expected != amounts.total {
            throw .priceChanged(expected: expected, amounts)
        }
    }
}
