import Orders

struct QuoteBody: Encodable {
    let items: [OrderItemBody]
    let amounts: AmountsBody
    let taxLines: [TaxLine]
    let currency: String
    let shippingMethod: ShippingOptionBody
    let discountCode: String?

    private enum CodingKeys: String, CodingKey {
        case items
        case taxLines = "tax_lines"
        case currency
        case shippingMethod = "shipping_method"
        case discountCode = "discount_code"
    }

    init(_ quote: QuoteOrder.Quote) {
        items = quote.items.map(OrderItemBody.init)
        amounts = AmountsBody(quote.amounts)
        taxLines = quote.taxLines
        currency = quote.currency
        shippingMethod = ShippingOptionBody(quote.shippingMethod)
        discountCode = quote.discountCode
    }

    func encode(to encoder: any Encoder) throws {
        try amounts.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(taxLines, forKey: .taxLines)
        try container.encode(currency, forKey: .currency)
        try container.encode(shippingMethod, forKey: .shippingMethod)
        try container.encodeIfPresent(discountCode, forKey: .discountCode)
    }
}

struct ShippingPriceBody: Codable {
    let currency: String
    let priceAmount: Int64
    let freeFromAmount: Int64?

    private enum CodingKeys: String, CodingKey {
        case currency
        case priceAmount = "price_amount"
        case freeFromAmount = "free_from_amount"
    }

    init(_ price: ShippingMethod.Price) {
        currency = price.currency
        priceAmount = price.amount
        freeFromAmount = price.freeFromAmount
    }

    var price: ShippingMethod.Price {
        .init(currency: currency, amount: priceAmount, freeFromAmount: freeFromAmount)
    }
}

/// A shipping method as customers see it.
struct ShippingOptionBody: Encodable {
    let code: String
    let name: String
    let prices: [ShippingPriceBody]
    let minimumDays: Int
    let maximumDays: Int

    private enum CodingKeys: String, CodingKey {
        case code, name, prices
        case minimumDays = "minimum_days"
        case maximumDays = "maximum_days"
    }

    init(_ method: ShippingMethod) {
        code = method.code
        name = method.name
        prices = method.prices.map(ShippingPriceBody.init)
        minimumDays = method.days.lowerBound
        maximumDays = method.days.upperBound
    }
}
