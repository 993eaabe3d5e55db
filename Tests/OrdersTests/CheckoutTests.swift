import Foundation
import Testing

@testable import Orders

@Suite struct CheckoutTests {
    private func variant(_ id: Int64, price: Int64 = 250, stock: Int = 10, currency: String = "EUR") -> LockedVariant {
        LockedVariant(
            id: id,
            productID: id * 10,
            categoryID: 1,
            sku: "SKU-\(id)",
            name: "Small",
            productName: "Mug",
            priceAmount: price,
            currency: currency,
            stockQuantity: stock
        )
    }

    private func checkout(_ lines: [OrderRequest.Line], from variants: [LockedVariant]) throws(OrderError) -> Checkout {
        let terms = CheckoutTerms(shipping: ShippingMethod(code: "standard", name: "Standard"))
        return try Checkout(lines, from: variants, terms, country: "DE", now: Date(timeIntervalSince1970: 0))
    }

    @Test func takesThePricesOfTheMoment() throws {
        let checkout = try checkout(
            [.init(variantID: 2, quantity: 3), .init(variantID: 1, quantity: 1)],
            from: [variant(1, price: 100), variant(2, price: 250)]
        )
        #expect(checkout.items.map(\.sku) == ["SKU-2", "SKU-1"])
        #expect(checkout.items.map(\.totalAmount) == [750, 100])
        #expect(checkout.amounts == OrderAmounts(subtotal: 850, tax: 0, shipping: 0, discount: 0))
        #expect(checkout.amounts.total == 850)
    }

    @Test func knowsWhetherItTakesTheLastUnit() throws {
        let variants = [variant(1, stock: 3), variant(2, stock: 5)]
        for (quantity, isLast) in [(2, false), (3, true)] {
            let checkout = try checkout(
                [.init(variantID: 2, quantity: 1), .init(variantID: 1, quantity: quantity)],
                from: variants
            )
            #expect(checkout.takesLastUnit == isLast)
        }
    }

    @Test func namesEverySKUThatRanShort() {
        let expected = OrderError.insufficientStock([
            .init(sku: "SKU-1", requested: 11, available: 10), .init(sku: "SKU-3", requested: 1, available: 0),
        ])
        #expect(throws: expected) {
            try checkout(
                [
                    .init(variantID: 1, quantity: 11), .init(variantID: 2, quantity: 10),
                    .init(variantID: 3, quantity: 1),
                ],
                from: [variant(1), variant(2), variant(3, stock: 0)]
            )
        }
    }

    @Test func namesUnknownVariants() {
        #expect(throws: OrderError.unknownVariants([9])) {
            try checkout([.init(variantID: 1, quantity: 1), .init(variantID: 9, quantity: 1)], from: [variant(1)])
        }
    }

    @Test func oneOrderHasOneCurrency() {
        #expect(throws: OrderError.mixedCurrencies(["EUR", "GBP"])) {
            try checkout(
                [.init(variantID: 1, quantity: 1), .init(variantID: 2, quantity: 1)],
                from: [variant(1), variant(2, currency: "GBP")]
            )
        }
    }

    @Test func theLargestOrderFitsItsSum() throws {
        let variants = (1...100).map { variant(Int64($0), price: 100_000_000_000, stock: 10_000) }
        let checkout = try checkout(variants.map { .init(variantID: $0.id, quantity: 10_000) }, from: variants)
        #expect(checkout.amounts.total == 100_000_000_000_000_000)
    }
}
