import Validation

/// One line of a catalog file: a product with one variant.
struct ImportRow: Equatable {
    static let columns = [
        "sku", "name", "description", "category", "brand", "price_amount", "currency", "stock_quantity", "image_url",
    ]

    let sku: String
    let name: String
    let description: String
    let category: String
    let brand: String
    let priceAmount: Int64
    let currency: String
    let stockQuantity: Int
    let imageURL: String

    /// - Parameter positions: where each of `columns` stands in the record.
    init(_ record: CSVParser.Record, positions: [Int]) throws(ValidationError) {
        guard record.fields.count == positions.count else {
            throw ValidationError("line", "has \(record.fields.count) fields, the header has \(positions.count)")
        }
        var values: [String] = []
        for (column, position) in zip(Self.columns, positions) {
            guard let value = String(validating: record.fields[position], as: UTF8.self) else {
                throw ValidationError(column, "is not UTF-8")
            }
            values.append(value)
        }
        var validator = Validator()
        sku = validator.line(values[0], "sku", length: ProductLimits.sku)
        name = validator.line(values[1], "name", length: ProductLimits.name)
        description = validator.text(values[2], "description", length: ProductLimits.description)
        category = validator.line(values[3], "category", length: ProductLimits.category)
        brand = validator.line(values[4], "brand", length: 0...ProductLimits.brand.upperBound)
        currency = values[6]
        imageURL = values[8]
        priceAmount = Int64(values[5]) ?? -1
        stockQuantity = Int(values[7]) ?? -1
        validator.require(!Slug.make(category).isEmpty, "category", "must have a letter or a digit")
        validator.require(brand.isEmpty || !Slug.make(brand).isEmpty, "brand", "must have a letter or a digit")
        validator.require(
            ProductLimits.price.contains(priceAmount),
            "price_amount",
            "must be a whole number of minor units (1999 for 19.99)"
        )
        validator.require(Currency(rawValue: currency) != nil, "currency", "must be an ISO 4217 code such as EUR")
        validator.require(ProductLimits.stock.contains(stockQuantity), "stock_quantity", "must be a whole number ≥ 0")
        validator.require(
            WebAddress.isValid(imageURL),
            "image_url",
            "must be an http or https address"
        )
        try validator.finish()
    }

    /// A SKU such as `---` leaves the slug to the name; two products of one slug are told apart in the database.
    var slug: String {
        let slug = Slug.make("\(name) \(sku)")
        return slug.isEmpty ? "product" : slug
    }
}
