import Accounts
import Foundation
import Orders
import Payments
import Validation

/// An order as a customer asks for it, and as one asks what it would cost.
struct OrderRequestBody: Decodable {
    struct Item: Decodable {
        let variantID: WireID
        let quantity: Int

        private enum CodingKeys: String, CodingKey {
            case variantID = "variant_id"
            case quantity
        }
    }

    /// `token` never gets into a description, and so into no log.
    struct Payment: Decodable, CustomStringConvertible {
        let method: String
        let token: String

        var description: String { "a payment by \(method)" }
    }

    /// Without items it is the cart that is ordered.
    let items: [Item]?
    let shippingAddress: Address
    let billingAddress: Address?
    let shippingMethod: String?
    let discountCode: String?
    let payment: Payment?
    let expectedTotalAmount: Int64?

    private enum CodingKeys: String, CodingKey {
        case items
        case shippingAddress = "shipping_address"
        case billingAddress = "billing_address"
        case shippingMethod = "shipping_method"
        case discountCode = "discount_code"
        case payment
        case expectedTotalAmount = "expected_total_amount"
    }

    func request(payingAt gateway: GatewayName) throws(ValidationError) -> OrderRequest {
        var method: PaymentMethod?
        if let payment {
            method = try PaymentMethod(method: payment.method, token: payment.token, gateway: gateway)
        }
        return try OrderRequest(
            lines: items?.map { .init(variantID: $0.variantID.value, quantity: $0.quantity) },
            shippingAddress: shippingAddress,
            billingAddress: billingAddress,
            shippingMethod: shippingMethod,
            discountCode: discountCode,
            payment: method,
            expectedTotal: expectedTotalAmount
        )
    }
}

struct OrderItemBody: Encodable {
    let sku: String
    let productName: String
    let variantName: String
    let unitPriceAmount: Int64
    let quantity: Int
    let totalAmount: Int64
    let discountAmount: Int64
    let taxAmount: Int64

    private enum CodingKeys: String, CodingKey {
        case sku
        case productName = "product_name"
        case variantName = "variant_name"
        case unitPriceAmount = "unit_price_amount"
        case quantity
        case totalAmount = "total_amount"
        case discountAmount = "discount_amount"
        case taxAmount = "tax_amount"
    }

    init(_ item: Order.Item) {
        sku = item.sku
        productName = item.productName
        variantName = item.variantName
        unitPriceAmount = item.unitPriceAmount
        quantity = item.quantity
        totalAmount = item.totalAmount
        discountAmount = item.discountAmount
        taxAmount = item.taxAmount
    }
}

/// Amounts as an order and a quote show them, beside their other fields.
struct AmountsBody: Encodable {
    let subtotalAmount: Int64
    let taxAmount: Int64
    let includedTaxAmount: Int64
    let shippingAmount: Int64
    let discountAmount: Int64
    let totalAmount: Int64

    private enum CodingKeys: String, CodingKey {
        case subtotalAmount = "subtotal_amount"
        case taxAmount = "tax_amount"
        case includedTaxAmount = "included_tax_amount"
        case shippingAmount = "shipping_amount"
        case discountAmount = "discount_amount"
        case totalAmount = "total_amount"
    }

    init(_ amounts: OrderAmounts) {
        subtotalAmount = amounts.subtotal
        taxAmount = amounts.tax
        includedTaxAmount = amounts.includedTax
        shippingAmount = amounts.shipping
        discountAmount = amounts.discount
        totalAmount = amounts.total
    }
}

struct OrderBody: Encodable {
    let orderNumber: String
    let status: String
    let paymentStatus: String
    let items: [OrderItemBody]
    let amounts: AmountsBody
    let taxLines: [TaxLine]
    let currency: String
    let shippingAddress: Address
    let shippingMethod: String
    let discountCode: String?
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case orderNumber = "order_number"
        case status
        case paymentStatus = "payment_status"
        case items
        case taxLines = "tax_lines"
        case currency
        case shippingAddress = "shipping_address"
        case shippingMethod = "shipping_method"
        case discountCode = "discount_code"
        case createdAt = "created_at"
    }

    init(_ order: Order) {
        orderNumber = order.number.rawValue
        status = order.status.rawValue
        paymentStatus = order.paymentStatus.rawValue
        items = order.items.map(OrderItemBody.init)
        amounts = AmountsBody(order.amounts)
        taxLines = order.taxLines
        currency = order.currency
        shippingAddress = order.shippingAddress
        shippingMethod = order.shippingMethod
        discountCode = order.discountCode
        createdAt = order.createdAt
    }

    /// The amounts stand beside the other fields.
    func encode(to encoder: any Encoder) throws {
        try amounts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(orderNumber, forKey: .orderNumber)
        try container.encode(status, forKey: .status)
        try container.encode(paymentStatus, forKey: .paymentStatus)
        try container.encode(items, forKey: .items)
        try container.encode(taxLines, forKey: .taxLines)
        try container.encode(currency, forKey: .currency)
        try container.encode(shippingAddress, forKey: .shippingAddress)
        try container.encode(shippingMethod, forKey: .shippingMethod)
        try container.encodeIfPresent(discountCode, forKey: .discountCode)
        try container.encode(createdAt, forKey: .createdAt)
    }
}
