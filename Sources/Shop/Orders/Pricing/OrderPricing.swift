package import Foundation

/// What pricing needs to know of one line.
package struct PricingLine: Equatable, Sendable {
    package let productID: Int64
    package let categoryID: Int64
    package let amount: Int64

    /// - Parameter amount: unit price times quantity, minor units.
    package init(productID: Int64, categoryID: Int64, amount: Int64) {
        self.productID = productID
        self.categoryID = categoryID
        self.amount = amount
    }
}

/// What holds for an order beside its goods.
package struct CheckoutTerms: Equatable, Sendable {
    package let shipping: ShippingMethod
    /// Those that fit the destination.
    package let taxes: [TaxRate]
    package let discount: Discount?

    package init(shipping: ShippingMethod, taxes: [TaxRate] = [], discount: Discount? = nil) {
        self.shipping = shipping
        self.taxes = taxes
        self.discount = discount
    }
}

/// An order's amounts, broken down.
package struct PricedOrder: Equatable, Sendable {
    package struct Line: Equatable, Sendable {
        package let discount: Int64
        package let tax: Int64
    }

    package let amounts: OrderAmounts
    /// In the order of the lines that were priced.
    package let lines: [Line]
    package let taxLines: [TaxLine]
}

/// Turns lines into amounts: the one place that knows how, for a quote as for an order.
///
/// 1. The subtotal is the sum of the lines.
/// 2. The discount is taken from the lines that it is for: a percentage of their sum, rounded half up, or the fixed amount,
///    at most their sum. It is spread over them in proportion, so that the parts add up to it. Free shipping takes nothing
///    from the lines.
/// 3. Shipping costs what the method says for goods of subtotal less discount.
/// 4. Tax is due on each line less its part of the discount, rounded half up per line; and on shipping, where the general
///    rate of the destination says so. Included tax is told beside the amounts; other tax comes on top.
package enum OrderPricing {
    /// - Throws: `OrderError.shippingNotOffered`, `.discountRefused`.
    package static func price(
        _ lines: [PricingLine],
        _ terms: CheckoutTerms,
        currency: String,
        country: String,
        now: Date
    ) throws(OrderError) -> PricedOrder {
        let subtotal = lines.reduce(0) { $0 + $1.amount }
        let discounts = try discounts(on: lines, terms.discount, subtotal: subtotal, currency: currency, now: now)
        let discount = discounts.reduce(0, +)

        guard terms.shipping.isOffered(in: country),
            let fullShipping = terms.shipping.price(in: currency, forGoodsOf: subtotal - discount)
        else { throw .shippingNotOffered(terms.shipping.code) }
        let shipping = terms.discount?.kind == .freeShipping ? 0 : fullShipping

        var taxes = TaxSum()
        let taxed = zip(lines, discounts).map { line, discount in
            let rate = TaxRate.governing(line.categoryID, among: terms.taxes)
            return PricedOrder.Line(discount: discount, tax: taxes.add(line.amount - discount, rate))
        }
        if let rate = TaxRate.general(among: terms.taxes), rate.taxesShipping { _ = taxes.add(shipping, rate) }

        return PricedOrder(
            amounts: OrderAmounts(
                subtotal: subtotal,
                tax: taxes.onTop,
                shipping: shipping,
                discount: discount,
                includedTax: taxes.included
            ),
            lines: taxed,
            taxLines: taxes.lines
        )
    }

    /// Each line's part.
    private static func discounts(
        on lines: [PricingLine],
        _ discount: Discount?,
        subtotal: Int64,
        currency: String,
        now: Date
    ) throws(OrderError) -> [Int64] {
        guard let discount else { return lines.map { _ in 0 } }
        do throws(Discount.Refusal) {
            try discount.check(subtotal: subtotal, currency: currency, now: now)
        } catch {
            throw .discountRefused(discount.code, error)
        }
        let eligible = lines.map { discount.isFor($0) ? $0.amount : 0 }
        guard lines.contains(where: discount.isFor) else { throw .discountRefused(discount.code, .nothingApplies) }
        let sum = eligible.reduce(0, +)
        switch discount.kind {
        case .percentage(let basisPoints):
            return Rounding.split(Rounding.halfUp(sum, times: basisPoints, over: 10_000), by: eligible)
        case .fixed(let amount): return Rounding.split(min(amount, sum), by: eligible)
        case .freeShipping: return lines.map { _ in 0 }
        }
    }
}

/// Adds up tax by rate, in the order in which the rates are met.
private struct TaxSum {
    private(set) var lines: [TaxLine] = []
    private(set) var onTop: Int64 = 0
    private(set) var included: Int64 = 0

    mutating func add(_ amount: Int64, _ rate: TaxRate?) -> Int64 {
        guard let rate else { return 0 }
        let tax = rate.tax(on: amount)
        if rate.isIncluded { included += tax } else { onTop += tax }
        func isSame(_ line: TaxLine) -> Bool {
            line.name == rate.name && line.rateBasisPoints == rate.rateBasisPoints && line.isIncluded == rate.isIncluded
        }
        let index = lines.firstIndex(where: isSame)
        let before = index.map { (lines[$0].taxableAmount, lines[$0].taxAmount) } ?? (0, 0)
        let line = TaxLine(
            name: rate.name,
            rateBasisPoints: rate.rateBasisPoints,
            isIncluded: rate.isIncluded,
            taxableAmount: before.0 + amount,
            taxAmount: before.1 + tax
        )
        if let index { lines[index] = line } else { lines.append(line) }
        return tax
    }
}
