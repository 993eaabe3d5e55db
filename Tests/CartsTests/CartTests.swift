import Foundation
import Testing

@testable import Carts

@Suite struct CartTests {
    private func line(
        _ id: Int64,
        quantity: Int = 2,
        shown: Int64 = 500,
        price: Int64 = 500,
        currency: String = "EUR",
        stock: Int = 10,
        isForSale: Bool = true
    ) -> CartLine {
        let offer = CartLine.Offer(
            sku: "S-\(id)",
            variantName: "Small",
            productSlug: "lantern",
            productName: "Lantern",
            attributes: [:],
            primaryImageURL: nil,
            priceAmount: price,
            currency: currency,
            stockQuantity: stock
        )
        return CartLine(
            variantID: id,
            quantity: quantity,
            shownPriceAmount: shown,
            addedAt: Date(timeIntervalSince1970: 0),
            offer: isForSale ? offer : nil
        )
    }

    @Test func amountsAreTodays() {
        let cart = Cart(lines: [line(1, shown: 400), line(2, quantity: 3, price: 100)])
        #expect(cart.subtotalAmount == 1_300)
        #expect(cart.quantity == 5)
        #expect(cart.issues == [[.priceChanged(old: 400, new: 500)], [.priceChanged(old: 500, new: 100)]])
        #expect(cart.isOrderable)
    }

    @Test func aStaleLineSaysWhatItIs() {
        let cart = Cart(lines: [line(1, isForSale: false), line(2, stock: 1), line(3, currency: "GBP")])
        #expect(cart.currency == "EUR")
        #expect(cart.issues == [[.unavailable], [.insufficientStock(available: 1)], [.otherCurrency("GBP")]])
        #expect(cart.subtotalAmount == 1_000)
        #expect(!cart.isOrderable)
    }

    @Test func anEmptyCartIsNoOrder() {
        let cart = Cart(lines: [])
        #expect(!cart.isOrderable)
        #expect(cart.currency == nil)
        #expect(cart.subtotalAmount == 0)
    }

    @Test func aRefusalSaysWhy() {
        let facts = CartFacts(
            sku: "S",
            stockQuantity: 5,
            currency: "EUR",
            lineQuantity: nil,
            lineCount: 0,
            cartCurrency: nil,
            isWritten: false
        )
        func reason(_ change: CartChange, _ edit: (inout CartFacts) -> Void = { _ in }) -> CartError? {
            var facts = facts
            edit(&facts)
            do throws(CartError) {
                try facts.check(change)
                return nil
            } catch {
                return error
            }
        }
        #expect(reason(.add(1)) { $0.isWritten = true } == nil)
        #expect(reason(.set(1)) == .noSuchLine)
        #expect(reason(.add(1)) { $0.cartCurrency = "GBP" } == .otherCurrency(cart: "GBP", variant: "EUR"))
        #expect(reason(.add(10_000)) { $0.lineQuantity = 1 } == .lineFull)
        #expect(
            reason(.add(4)) { $0.lineQuantity = 2 } == .insufficientStock(sku: "S", requested: 6, available: 5)
        )
        #expect(reason(.set(6)) { $0.lineQuantity = 2 } == .insufficientStock(sku: "S", requested: 6, available: 5))
        #expect(reason(.add(1)) { $0.lineCount = 100 } == .cartFull)
    }
}
