import Accounts
import Foundation
import Orders
import Validation

struct OrderRequestBody: Decodable {
    struct Item: Decodable {
        let variantID: WireID
        let quantity: Int

        private enum CodingKeys: String, CodingKey {
            case variantID = "variant_id"
            case quantity
        }
    }

    let items: [Item]
    let shippingAddress: Address
    let billingAddress: Address?
    let shippingMethod: String?

    private enum CodingKeys: String, CodingKey {
        case items
        case shippingAddress = "shipping_address"
        case billingAddress = "billing_address"
        case shippingMethod = "shipping_method"
    }

    func request() throws(ValidationError) -> OrderRequest {
        try OrderRequest(
            lines: items.map { .init(variantID: $0.variantID.value, quantity: $0.quantity) },
            shippingAddress: shippingAddress,
            billingAddress: billingAddress,
            shippingMethod: shippingMethod
        )
    }
}

struct OrderBody: Encodable {
    struct Item: Encodable {
        let sku: String
        let productName: String
        let variantName: String
        let unitPriceAmount: Int64
        let quantity: Int
        let totalAmount: Int64

        private enum CodingKeys: String, CodingKey {
            case sku
            case productName = "product_name"
            case variantName = "variant_name"
            case unitPriceAmount = "unit_price_amount"
            case quantity
            case totalAmount = "total_amount"
        }
    }

    let orderNumber: String
    let status: String
    let items: [Item]
    let subtotalAmount: Int64
    let taxAmount: Int64
    let shippingAmount: Int64
    let discountAmount: Int64
    let totalAmount: Int64
    let currency: String
    let shippingAddress: Address
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case orderNumber = "order_number"
        case status, items
        case subtotalAmount = "subtotal_amount"
        case taxAmount = "tax_amount"
        case shippingAmount = "shipping_amount"
        case discountAmount = "discount_amount"
        case totalAmount = "total_amount"
        case currency
        case shippingAddress = "shipping_address"
        case createdAt = "created_at"
    }

    init(_ order: Order) {
        orderNumber = order.number.rawValue
        status = order.status.rawValue
        items = order.items.map {
            Item(
                sku: $0.sku,
                productName: $0.productName,
                variantName: $0.variantName,
                unitPriceAmount: $0.unitPriceAmount,
                quantity: $0.quantity,
                totalAmount: $0.totalAmount
            )
        }
        subtotalAmount = order.amounts.subtotal
        taxAmount = order.amounts.tax
        shippingAmount = order.amounts.shipping
        discountAmount = order.amounts.discount
        totalAmount = order.amounts.total
        currency = order.currency
        shippingAddress = order.shippingAddress
        createdAt = order.createdAt
    }
}
