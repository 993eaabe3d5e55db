import Accounts
import Foundation
import Messages
import Orders
import Testing

@testable import Mail

@Suite struct OrderMailTests {
    private let order = Order(
        number: OrderNumber(rawValue: "W-261121-7K3MX9QD").unsafelyUnwrapped,
        userID: 1,
        status: .pending,
        currency: "GBP",
        items: [
            .init(sku: "L-1", productName: "Lantern <b>", variantName: "Small", unitPriceAmount: 1_250, quantity: 2),
            .init(sku: "M-1", productName: "Mug & Saucer", variantName: "Standard", unitPriceAmount: 99, quantity: 1),
        ],
        amounts: OrderAmounts(subtotal: 2_599, tax: 0, shipping: 0, discount: 0),
        shippingAddress: Address(line1: "1 \"Quay\" St", city: "Galway", postalCode: "H91", country: "IE"),
        createdAt: Date(timeIntervalSince1970: 0)
    )
    private let recipient = OrderMail.Recipient(email: "ada@example.org", firstName: "Ada <3", lastName: "Lovelace")

    @Test(arguments: SendOrderMail.Template.allCases)
    func holdsNumberLinesAndTotal(_ template: SendOrderMail.Template) {
        let mail = OrderMail(template, order: order, to: recipient)
        #expect(mail.subject.contains("W-261121-7K3MX9QD"))
        for part in [mail.text, mail.html] {
            for piece in ["W-261121-7K3MX9QD", "L-1", "M-1", "£12.50", "£25.00", "£0.99", "£25.99", "Galway"] {
                #expect(part.contains(piece), "\(piece) is missing")
            }
        }
        #expect(mail.text.contains("2 x Lantern <b>, Small (L-1) at £12.50: £25.00"))
        #expect(!mail.text.contains("Standard"))
    }

    @Test func escapesWhatPeopleTyped() {
        let mail = OrderMail(.orderPlaced, order: order, to: recipient)
        #expect(mail.html.contains("Lantern &lt;b&gt;"))
        #expect(mail.html.contains("Mug &amp; Saucer"))
        #expect(mail.html.contains("1 &quot;Quay&quot; St"))
        #expect(mail.html.contains("Hello Ada &lt;3,"))
        #expect(!mail.html.contains("<b>"))
    }

    @Test func leavesOutSumsThatAreZero() {
        let mail = OrderMail(.orderPlaced, order: order, to: recipient)
        #expect(!mail.text.contains("Shipping"))
        #expect(!mail.text.contains("Discount"))
    }

    @Test func eachTemplateSaysSomethingElse() {
        let mails = SendOrderMail.Template.allCases.map { OrderMail($0, order: order, to: recipient) }
        #expect(Set(mails.map(\.subject)).count == mails.count)
        #expect(Set(mails.map(\.text)).count == mails.count)
        #expect(Set(mails.map(\.html)).count == mails.count)
    }

    @Test func aParcelHasItsCarrierAndNumber() {
        let parcel = OrderMail.Particulars(carrier: "Snail & Sons", trackingNumber: "S-1 <x>")
        let mail = OrderMail(.orderShipped, order: order, parcel, to: recipient)
        #expect(mail.text.contains("\n\nCarrier: Snail & Sons\nTracking number: S-1 <x>\n\n"))
        #expect(mail.html.contains("Carrier: <strong>Snail &amp; Sons</strong>"))
        #expect(mail.html.contains("Tracking number: <strong>S-1 &lt;x&gt;</strong>"))
    }

    @Test func aRefundHasItsAmountAndNotTheOrders() {
        let refund = OrderMail.Particulars(refundedAmount: 1_050)
        let mail = OrderMail(.orderRefunded, order: order, refund, to: recipient)
        #expect(mail.text.contains("\n\nRefunded: £10.50\n\n"))
        #expect(mail.html.contains("Refunded: <strong>£10.50</strong>"))
    }
}
