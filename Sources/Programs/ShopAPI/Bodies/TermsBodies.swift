import Foundation
import Orders
import Validation

/// A shipping method as an admin sends and sees it.
struct ShippingMethodBody: Codable {
    /// In a path it counts before this one.
    let code: String?
    let name: String
    let prices: [ShippingPriceBody]?
    let countries: [String]?
    let minimumDays: Int
    let maximumDays: Int
    let isUrgent: Bool?
    let isActive: Bool?

    private enum CodingKeys: String, CodingKey {
        case code, name, prices, countries
        case minimumDays = "minimum_days"
        case maximumDays = "maximum_days"
        case isUrgent = "is_urgent"
        case isActive = "is_active"
    }

    init(_ method: ShippingMethod) {
        code = method.code
        name = method.name
        prices = method.prices.map(ShippingPriceBody.init)
        countries = method.countries
        minimumDays = method.days.lowerBound
        maximumDays = method.days.upperBound
        isUrgent = method.isUrgent
        isActive = method.isActive
    }

    func method(code pathCode: String? = nil) throws(ValidationError) -> ShippingMethod {
        guard let code = pathCode ?? code else { throw ValidationError("code", "must not be missing") }
        guard minimumDays <= maximumDays else {
            throw ValidationError("maximum_days", "must not be less than minimum_days")
        }
        return ShippingMethod(
            code: code,
            name: name,
            prices: prices?.map(\.price) ?? [],
            countries: countries,
            days: minimumDays...maximumDays,
            isUrgent: isUrgent ?? false,
            isActive: isActive ?? true
        )
    }
}

struct TaxRateBody: Codable {
    /// Ours, not the client's.
    let id: WireID?
    let name: String
    let country: String
    let region: String?
    let postalPrefix: String?
    let category: String?
    let rateBasisPoints: Int
    let isIncluded: Bool
    let taxesShipping: Bool?

    private enum CodingKeys: String, CodingKey {
        case id, name, country, region
        case postalPrefix = "postal_prefix"
        case category
        case rateBasisPoints = "rate_basis_points"
        case isIncluded = "is_included"
        case taxesShipping = "taxes_shipping"
    }

    init(_ rule: TaxRateRule) {
        id = WireID(rule.id)
        name = rule.name
        country = rule.country
        region = rule.region
        postalPrefix = rule.postalPrefix
        category = rule.category
        rateBasisPoints = rule.rateBasisPoints
        isIncluded = rule.isIncluded
        taxesShipping = rule.taxesShipping
    }

    func rule(id: Int64 = 0) -> TaxRateRule {
        TaxRateRule(
            id: id,
            name: name,
            country: country,
            region: region,
            postalPrefix: postalPrefix,
            category: category,
            rateBasisPoints: rateBasisPoints,
            isIncluded: isIncluded,
            taxesShipping: taxesShipping ?? false
        )
    }
}

struct DiscountBody: Codable {
    /// Ours, not the client's, as is `used_count`.
    let id: WireID?
    let code: String
    let description: String?
    let kind: DiscountKindBody
    let basisPoints: Int?
    let amount: Int64?
    let currency: String?
    let minimumAmount: Int64?
    let startsAt: Date?
    let endsAt: Date?
    let usageLimit: Int?
    let customerLimit: Int?
    let isActive: Bool?
    let usedCount: Int?
    let products: [WireID]?
    let categories: [String]?

    private enum CodingKeys: String, CodingKey {
        case id, code, description, kind
        case basisPoints = "basis_points"
        case amount, currency
        case minimumAmount = "minimum_amount"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
        case usageLimit = "usage_limit"
        case customerLimit = "customer_limit"
        case isActive = "is_active"
        case usedCount = "used_count"
        case products, categories
    }

    init(_ rule: DiscountRule) {
        id = WireID(rule.id)
        code = rule.code
        description = rule.description
        kind = DiscountKindBody(value: rule.kind)
        basisPoints = rule.basisPoints
        amount = rule.amount
        currency = rule.currency
        minimumAmount = rule.minimumAmount
        startsAt = rule.startsAt
        endsAt = rule.endsAt
        usageLimit = rule.usageLimit
        customerLimit = rule.customerLimit
        isActive = rule.isActive
        usedCount = rule.usedCount
        products = rule.products.map(WireID.init)
        categories = rule.categories
    }

    func rule(id: Int64 = 0) -> DiscountRule {
        var rule = DiscountRule(code: code, kind: kind.value)
        rule.id = id
        rule.description = description ?? ""
        rule.basisPoints = basisPoints
        rule.amount = amount
        rule.currency = currency
        rule.minimumAmount = minimumAmount
        rule.startsAt = startsAt
        rule.endsAt = endsAt
        rule.usageLimit = usageLimit
        rule.customerLimit = customerLimit
        rule.isActive = isActive ?? true
        rule.products = products?.map(\.value) ?? []
        rule.categories = categories ?? []
        return rule
    }
}

struct DiscountKindBody: Codable {
    let value: DiscountRule.Kind

    init(value: DiscountRule.Kind) { self.value = value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let kind = DiscountRule.Kind(rawValue: try container.decode(String.self)) else {
            let known = DiscountRule.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be one of \(known)")
        }
        value = kind
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value.rawValue)
    }
}
