/// A product as a seller writes it, before anything was checked against the database.
package struct ProductDraft: Equatable, Sendable {
    package var name: String
    /// Made of the name and the first SKU when absent.
    package var slug: String?
    package var description: String
    /// The category's slug.
    package var category: String
    /// The brand's name; a brand that does not exist yet is made.
    package var brand: String?
    package var status: Product.Status
    package var currency: String
    package var variants: [Variant]
    package var images: [Image]

    package struct Variant: Equatable, Sendable {
        package var sku: String
        package var name: String
        /// Minor units.
        package var priceAmount: Int64
        /// `nil` leaves the stock of an existing variant as orders have made it.
        package var stockQuantity: Int?
        package var attributes: [String: String]

        package init(sku: String, name: String, priceAmount: Int64, stockQuantity: Int?, attributes: [String: String]) {
            self.sku = sku
            self.name = name
            self.priceAmount = priceAmount
            self.stockQuantity = stockQuantity
            self.attributes = attributes
        }
    }

    package struct Image: Equatable, Sendable {
        package var url: String
        package var alt: String
        package var isPrimary: Bool

        package init(url: String, alt: String, isPrimary: Bool) {
            self.url = url
            self.alt = alt
            self.isPrimary = isPrimary
        }
    }

    package init(
        name: String,
        slug: String?,
        description: String,
        category: String,
        brand: String?,
        status: Product.Status,
        currency: String,
        variants: [Variant],
        images: [Image]
    ) {
        self.name = name
        self.slug = slug
        self.description = description
        self.category = category
        self.brand = brand
        self.status = status
        self.currency = currency
        self.variants = variants
        self.images = images
    }

    /// What an existing product would be written as; stock is left to the database.
    package init(_ product: Product) {
        name = product.name
        slug = product.slug
        description = product.description
        category = product.category
        brand = product.brand
        status = product.status
        currency = product.currency
        variants = product.variants.map {
            Variant(
                sku: $0.sku,
                name: $0.name,
                priceAmount: $0.priceAmount,
                stockQuantity: nil,
                attributes: $0.attributes
            )
        }
        images = product.images.map { Image(url: $0.url, alt: $0.alt, isPrimary: $0.isPrimary) }
    }
}
