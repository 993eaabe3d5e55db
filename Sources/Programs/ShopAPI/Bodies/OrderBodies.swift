import Foundation
import Orders
import Validation

struct OrderRequestBody: Decodable {
    struct Item: Decodable {
        let variantId: WireID
        let quantity: Int
    }

    let items: [Item]
    let shippingAddress: AddressBody
    let billingAddress: AddressBody?

    func request() throws(ValidationError) -> OrderRequest {
        try OrderRequest(
            lines: items.map { .init(variantID: $0.variantId.value, quantity: $0.quantity) },
            shippingAddress: shippingAddress.address,
            billingAddress: billingAddress?.address
        )
    }
}

struct AddressBody: Codable {
    let name: String?
    let line1: String
    let line2: String?
    let city: String
    let region: String?
    let postalCode: String
    let country: String
    let phone: String?

    init(_ address: Address) {
        name = address.name
        line1 = address.line1
        line2 = address.line2
        city = address.city
        region = address.region
        postalCode = address.postalCode
        country = address.country
        phone = address.phone
    }

    var address: Address {
        Address(
            name: name,
            line1: line1,
            line2: line2,
            city: city,
            region: region,
            postalCode: postalCode,
            country: country,
            phone: phone
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
    let shippingAddress: AddressBody
    let createdAt: Date

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
        shippingAddress = AddressBody(order.shippingAddress)
        createdAt = order.createdAt
    }
}
