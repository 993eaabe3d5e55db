import Carts
import Foundation
import Validation

struct CartItemBody: Decodable {
    let variantID: WireID
    let quantity: Int

    private enum CodingKeys: String, CodingKey {
        case variantID = "variant_id"
        case quantity
    }

    func checked() throws(ValidationError) -> CartItemBody {
        try CartQuantityBody.check(quantity)
        return self
    }
}

struct CartQuantityBody: Decodable {
    let quantity: Int

    func checked() throws(ValidationError) -> Int {
        try Self.check(quantity)
        return quantity
    }

    static func check(_ quantity: Int) throws(ValidationError) {
        let allowed = CartLimits.quantity
        if !allowed.contains(quantity) {
            throw ValidationError("quantity", "must be from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
    }
}

struct CartBody: Encodable {
    struct Item: Encodable {
        let variantID: WireID
        let quantity: Int
        let sku: String?
        let productSlug: String?
        let productName: String?
        let variantName: String?
        let attributes: [String: String]?
        let primaryImageURL: String?
        let unitPriceAmount: Int64?
        let totalAmount: Int64?
        let currency: String?
        let addedAt: Date
        let issues: [Issue]

        private enum CodingKeys: String, CodingKey {
            case variantID = "variant_id"
            case quantity, sku
            case productSlug = "product_slug"
            case productName = "product_name"
            case variantName = "variant_name"
            case attributes
            case primaryImageURL = "primary_image_url"
            case unitPriceAmount = "unit_price_amount"
            case totalAmount = "total_amount"
            case currency
            case addedAt = "added_at"
            case issues
        }

        init(_ line: CartLine, _ issues: [CartIssue]) {
            variantID = WireID(line.variantID)
            quantity = line.quantity
            sku = line.offer?.sku
            productSlug = line.offer?.productSlug
            productName = line.offer?.productName
            variantName = line.offer?.variantName
            attributes = line.offer?.attributes
            primaryImageURL = line.offer?.primaryImageURL
            unitPriceAmount = line.offer?.priceAmount
            totalAmount = line.totalAmount
            currency = line.offer?.currency
            addedAt = line.addedAt
            self.issues = issues.map(Issue.init)
        }
    }

    /// `code` and what belongs to it.
    struct Issue: Encodable {
        let code: String
        var oldPriceAmount: Int64?
        var newPriceAmount: Int64?
        var available: Int?
        var currency: String?

        private enum CodingKeys: String, CodingKey {
            case code
            case oldPriceAmount = "old_price_amount"
            case newPriceAmount = "new_price_amount"
            case available, currency
        }

        init(_ issue: CartIssue) {
            switch issue {
            case .priceChanged(let old, let new):
                code = "price_changed"
                oldPriceAmount = old
                newPriceAmount = new
            case .insufficientStock(let available):
                code = "insufficient_stock"
                self.available = available
            case .unavailable: code = "unavailable"
            case .otherCurrency(let currency):
                code = "other_currency"
                self.currency = currency
            }
        }
    }

    let items: [Item]
    let quantity: Int
    let subtotalAmount: Int64
    let currency: String?
    let isOrderable: Bool

    private enum CodingKeys: String, CodingKey {
        case items, quantity
        case subtotalAmount = "subtotal_amount"
        case currency
        case isOrderable = "is_orderable"
    }

    init(_ cart: Cart) {
        items = zip(cart.lines, cart.issues).map(Item.init)
        quantity = cart.quantity
        subtotalAmount = cart.subtotalAmount
        currency = cart.currency
        isOrderable = cart.isOrderable
    }
}
