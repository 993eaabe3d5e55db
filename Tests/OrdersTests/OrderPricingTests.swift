import Foundation
import Randomness
import Testing

@testable import Orders

@Suite struct OrderPricingTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func line(_ amount: Int64, product: Int64 = 1, category: Int64 = 1) -> PricingLine {
        PricingLine(productID: product, categoryID: category, amount: amount)
    }

    private func price(
        _ lines: [PricingLine],
        shipping: ShippingMethod = ShippingMethod(code: "standard", name: "Standard"),
        taxes: [TaxRate] = [],
        discount: Discount? = nil,
        country: String = "DE"
    ) throws(OrderError) -> PricedOrder {
        try OrderPricing.price(
            lines,
            CheckoutTerms(shipping: shipping, taxes: taxes, discount: discount),
            currency: "EUR",
            country: country,
            now: Self.now
        )
    }

    // MARK: Shipping

    @Test func shippingCostsNothingUnlessItHasAPrice() throws {
        #expect(try price([line(1_000)]).amounts == OrderAmounts(subtotal: 1_000, tax: 0, shipping: 0, discount: 0))
        let priced = ShippingMethod(code: "post", name: "Post", prices: [.init(currency: "EUR", amount: 490)])
        #expect(try price([line(1_000)], shipping: priced).amounts.total == 1_490)
    }

    @Test(arguments: [(4_999, 490), (5_000, 0), (5_001, 0)] as [(Int64, Int64)])
    func shippingIsFreeFromAnAmount(_ goods: Int64, _ expected: Int64) throws {
        let post = ShippingMethod(
            code: "post",
            name: "Post",
            prices: [.init(currency: "EUR", amount: 490, freeFromAmount: 5_000)]
        )
        #expect(try price([line(goods)], shipping: post).amounts.shipping == expected)
        // What counts is what the goods cost after the discount.
        let tenth = Discount(id: 1, code: "TENTH", kind: .percentage(basisPoints: 1_000))
        #expect(try price([line(goods)], shipping: post, discount: tenth).amounts.shipping == 490)
    }

    @Test func aMethodIsForItsCountriesAndCurrencies() {
        let island = ShippingMethod(code: "ferry", name: "Ferry", countries: ["IS"])
        #expect(throws: OrderError.shippingNotOffered("ferry")) { try price([line(1)], shipping: island) }
        let crowns = ShippingMethod(code: "post", name: "Post", prices: [.init(currency: "ISK", amount: 1)])
        #expect(throws: OrderError.shippingNotOffered("post")) { try price([line(1)], shipping: crowns) }
        let gone = ShippingMethod(code: "mule", name: "Mule", isActive: false)
        #expect(throws: OrderError.shippingNotOffered("mule")) { try price([line(1)], shipping: gone) }
    }

    // MARK: Tax

    @Test(
        arguments: [
            // 19 % on top of 1.00, 0.50 → 0.095, 0.03 → 0.0057: half up, per line.
            (false, 1_900, [100, 50, 3], [19, 10, 1]),
            // 19 % in 1.19; in 1.00 it is 0.1597.
            (true, 1_900, [119, 100], [19, 16]),
            (false, 0, [100], [0]),
            (false, 10_000, [7], [7]),
        ] as [(Bool, Int, [Int64], [Int64])]
    )
    func taxIsRoundedHalfUpPerLine(_ isIncluded: Bool, _ rate: Int, _ amounts: [Int64], _ taxes: [Int64]) throws {
        let vat = TaxRate(name: "VAT", rateBasisPoints: rate, isIncluded: isIncluded)
        let priced = try price(amounts.map { line($0) }, taxes: [vat])
        let sum = taxes.reduce(0, +)
        #expect(priced.lines.map(\.tax) == taxes)
        #expect(priced.amounts.tax == (isIncluded ? 0 : sum))
        #expect(priced.amounts.includedTax == (isIncluded ? sum : 0))
        #expect(
            priced.taxLines == [
                TaxLine(
                    name: "VAT",
                    rateBasisPoints: rate,
                    isIncluded: isIncluded,
                    taxableAmount: amounts.reduce(0, +),
                    taxAmount: sum
                )
            ]
        )
    }

    @Test func oneRateGovernsALine() throws {
        let general = TaxRate(name: "general", rateBasisPoints: 1_900, isIncluded: true)
        let state = TaxRate(name: "state", rateBasisPoints: 1_800, isIncluded: true, region: "BY")
        let town = TaxRate(name: "town", rateBasisPoints: 1_700, isIncluded: true, postalPrefix: "80")
        let quarter = TaxRate(name: "quarter", rateBasisPoints: 1_600, isIncluded: true, postalPrefix: "803")
        let media = TaxRate(name: "media", rateBasisPoints: 700, isIncluded: true, categories: [5, 6, 7])
        let books = TaxRate(name: "books", rateBasisPoints: 500, isIncluded: true, categories: [6])
        let all = [general, state, town, quarter, media, books]
        #expect(TaxRate.governing(1, among: [general]) == general)
        #expect(TaxRate.governing(1, among: [state, general]) == state)
        #expect(TaxRate.governing(1, among: [state, town, general]) == town)
        #expect(TaxRate.governing(1, among: all) == quarter)
        #expect(TaxRate.governing(7, among: all) == media)
        #expect(TaxRate.governing(6, among: all) == books)
        #expect(TaxRate.general(among: all) == quarter)
        #expect(TaxRate.governing(1, among: [books]) == nil)
    }

    @Test func shippingIsTaxedWhereTheGeneralRateSaysSo() throws {
        let post = ShippingMethod(code: "post", name: "Post", prices: [.init(currency: "EUR", amount: 500)])
        let onBoth = TaxRate(name: "VAT", rateBasisPoints: 1_000, isIncluded: false, taxesShipping: true)
        let books = TaxRate(name: "books", rateBasisPoints: 500, isIncluded: false, categories: [1])
        #expect(try price([line(1_000)], shipping: post, taxes: [onBoth]).amounts.tax == 150)
        let priced = try price([line(1_000)], shipping: post, taxes: [onBoth, books])
        #expect(priced.amounts.tax == 100)
        #expect(priced.taxLines.map(\.name) == ["books", "VAT"])
        #expect(priced.taxLines.map(\.taxableAmount) == [1_000, 500])
        let onGoods = TaxRate(name: "VAT", rateBasisPoints: 1_000, isIncluded: false)
        #expect(try price([line(1_000)], shipping: post, taxes: [onGoods]).amounts.tax == 100)
    }

    // MARK: Discounts

    @Test func aDiscountIsSpreadOverItsLines() throws {
        let tenth = Discount(id: 1, code: "A", kind: .percentage(basisPoints: 1_000))
        // A tenth of 10.05 is 1.005: half up.
        let priced = try price([line(335), line(335), line(335)], discount: tenth)
        #expect(priced.amounts.discount == 101)
        #expect(priced.lines.map(\.discount) == [34, 34, 33])
        let onBooks = Discount(id: 1, code: "B", kind: .fixed(500), currency: "EUR", categories: [2])
        let books = try price([line(1_000), line(300, category: 2)], discount: onBooks)
        #expect(books.lines.map(\.discount) == [0, 300])
        let onOne = Discount(id: 1, code: "C", kind: .fixed(50), currency: "EUR", products: [9])
        #expect(try price([line(100), line(100, product: 9)], discount: onOne).lines.map(\.discount) == [0, 50])
    }

    @Test func taxIsDueOnWhatIsLeftOfALine() throws {
        let half = Discount(id: 1, code: "HALF", kind: .percentage(basisPoints: 5_000))
        let vat = TaxRate(name: "VAT", rateBasisPoints: 2_000, isIncluded: false)
        let priced = try price([line(1_000)], taxes: [vat], discount: half)
        #expect(priced.amounts == OrderAmounts(subtotal: 1_000, tax: 100, shipping: 0, discount: 500))
        #expect(priced.amounts.total == 600)
    }

    @Test func freeShippingTakesNothingFromTheGoods() throws {
        let post = ShippingMethod(code: "post", name: "Post", prices: [.init(currency: "EUR", amount: 500)])
        let free = Discount(id: 1, code: "FREE", kind: .freeShipping)
        let amounts = try price([line(1_000)], shipping: post, discount: free).amounts
        #expect(amounts == OrderAmounts(subtotal: 1_000, tax: 0, shipping: 0, discount: 0))
    }

    @Test(
        arguments: [
            (Discount(id: 1, code: "X", kind: .freeShipping, startsAt: now + 1), .notYet),
            (Discount(id: 1, code: "X", kind: .freeShipping, endsAt: now), .over),
            (Discount(id: 1, code: "X", kind: .freeShipping, usageLimit: 5, usedCount: 5), .usedUp),
            (Discount(id: 1, code: "X", kind: .freeShipping, customerLimit: 1, customerUses: 1), .usedUpByCustomer),
            (Discount(id: 1, code: "X", kind: .fixed(1), currency: "USD"), .otherCurrency),
            (Discount(id: 1, code: "X", kind: .freeShipping, currency: "EUR", minimumAmount: 1_001), .belowMinimum),
            (Discount(id: 1, code: "X", kind: .freeShipping, products: [2], categories: [2]), .nothingApplies),
        ] as [(Discount, Discount.Refusal)]
    )
    func aDiscountSaysWhyNot(_ discount: Discount, _ refusal: Discount.Refusal) {
        #expect(throws: OrderError.discountRefused("X", refusal)) { try price([line(1_000)], discount: discount) }
    }

    @Test func aDiscountHoldsAtItsEdges() throws {
        let discount = Discount(
            id: 1,
            code: "X",
            kind: .fixed(1),
            currency: "EUR",
            minimumAmount: 1_000,
            startsAt: Self.now,
            endsAt: Self.now + 1,
            usageLimit: 5,
            customerLimit: 2,
            usedCount: 4,
            customerUses: 1
        )
        #expect(try price([line(1_000)], discount: discount).amounts.discount == 1)
    }

    // MARK: What holds for every order

    /// Ten thousand orders with random lines, rates and discounts, up to the largest amounts that an order can have.
    @Test func theAmountsAlwaysAddUp() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<10_000 {
            let isHuge = Int.random(in: 0..<10, using: &random) == 0
            let largest: Int64 = isHuge ? 1_000_000_000_000_000 : 100_000
            let lines = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                line(
                    .random(in: 0...largest, using: &random),
                    product: .random(in: 1...4, using: &random),
                    category: .random(in: 1...4, using: &random)
                )
            }
            let taxes = (0..<Int.random(in: 0...3, using: &random)).map { index in
                TaxRate(
                    name: "rate \(index)",
                    rateBasisPoints: .random(in: 0...10_000, using: &random),
                    isIncluded: .random(using: &random),
                    taxesShipping: index == 0 && .random(using: &random),
                    categories: index == 0 ? nil : [.random(in: 1...4, using: &random)]
                )
            }
            let kinds: [Discount.Kind] = [
                .percentage(basisPoints: .random(in: 1...10_000, using: &random)),
                .fixed(.random(in: 1...largest, using: &random)), .freeShipping,
            ]
            let kind = try #require(kinds.randomElement(using: &random))
            let targets: Set<Int64>? = .random(using: &random) ? nil : [1, 2]
            let discount = Discount(id: 1, code: "X", kind: kind, currency: "EUR", products: targets)
            let isDiscounted = Bool.random(using: &random) && lines.contains(where: discount.isFor)
            let shipping = ShippingMethod(
                code: "post",
                name: "Post",
                prices: [.init(currency: "EUR", amount: .random(in: 0...largest, using: &random))]
            )
            let priced = try price(lines, shipping: shipping, taxes: taxes, discount: isDiscounted ? discount : nil)
            let amounts = priced.amounts

            #expect(amounts.subtotal == lines.reduce(0) { $0 + $1.amount })
            #expect(amounts.total == amounts.subtotal + amounts.tax + amounts.shipping - amounts.discount)
            #expect(
                [amounts.tax, amounts.shipping, amounts.discount, amounts.includedTax, amounts.total].allSatisfy {
                    $0 >= 0
                }
            )
            #expect(amounts.discount <= amounts.subtotal)
            #expect(amounts.discount == priced.lines.reduce(0) { $0 + $1.discount })
            #expect(zip(lines, priced.lines).allSatisfy { $1.discount >= 0 && $1.discount <= $0.amount && $1.tax >= 0 })
            let (onTop, included) = (priced.taxLines.filter { !$0.isIncluded }, priced.taxLines.filter(\.isIncluded))
            #expect(amounts.tax == onTop.reduce(0) { $0 + $1.taxAmount })
            #expect(amounts.includedTax == included.reduce(0) { $0 + $1.taxAmount })
            #expect(amounts.includedTax <= amounts.subtotal - amounts.discount + amounts.shipping)
        }
    }

    @Test func whatIsSplitAddsUp() {
        #expect(Rounding.split(10, by: [1, 1, 1]) == [4, 3, 3])
        #expect(Rounding.split(0, by: [1, 2]) == [0, 0])
        #expect(Rounding.split(3, by: [0, 3, 0]) == [0, 3, 0])
        #expect(Rounding.split(5, by: []) == [])
        #expect(Rounding.split(5, by: [0, 0]) == [0, 0])
        #expect(Rounding.halfUp(5, times: 1, over: 10) == 1)
        #expect(Rounding.halfUp(4, times: 1, over: 10) == 0)
    }
}
