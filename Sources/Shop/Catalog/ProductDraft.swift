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
    package var tags: [String]
    package var seo: SearchEngineText
    package var currency: String
    package var variants: [Variant]
    package var images: [Image]

    package struct Variant: Equatable, Sendable {
        /// Of the variant that this is about; without it, the SKU says which one.
        package var id: Int64?
        package var sku: String
        package var name: String
        /// Minor units.
        package var priceAmount: Int64
        /// What it used to cost, in minor units.
        package var compareAtAmount: Int64?
        /// `nil` leaves the stock of an existing variant as orders have made it.
        package var stockQuantity: Int?
        /// `nil` leaves that of an existing variant, and gives a new one the usual one.
        package var lowStockThreshold: Int?
        package var attributes: [String: String]

        package init(
            id: Int64? = nil,
            sku: String,
            name: String,
            priceAmount: Int64,
            compareAtAmount: Int64? = nil,
            stockQuantity: Int?,
            lowStockThreshold: Int? = nil,
            attributes: [String: String]
        ) {
            self.id = id
            self.sku = sku
            self.name = name
            self.priceAmount = priceAmount
            self.compareAtAmount = compareAtAmount
            self.stockQuantity = stockQuantity
            self.lowStockThreshold = lowStockThreshold
            self.attributes = attributes
        }
    }

    package struct Image: Equatable, Sendable {
        /// Of the image that this is about; without it, the address says which one.
        package var id: Int64?
        package var url: String
        package var alt: String
        package var isPrimary: Bool
        /// In pixels; both or none.
        package var width: Int?
        package var height: Int?

        package init(
            id: Int64? = nil,
            url: String,
            alt: String,
            isPrimary: Bool,
            width: Int? = nil,
            height: Int? = nil
        ) {
            self.id = id
            self.url = url
            self.alt = alt
            self.isPrimary = isPrimary
            self.width = width
            self.height = height
        }
    }

    package init(
        name: String,
        slug: String?,
        description: String,
        category: String,
        brand: String?,
        status: Product.Status,
        tags: [String] = [],
        seo: SearchEngineText = SearchEngineText(),
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
        self.tags = tags
        self.seo = seo
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
        tags = product.tags
        seo = product.seo
        currency = product.currency
        variants = product.variants.map {
            Variant(
                id: $0.id,
                sku: $0.sku,
                name: $0.name,
                priceAmount: $0.priceAmount,
                compareAtAmount: $0.compareAtAmount,
                stockQuantity: nil,
                lowStockThreshold: $0.lowStockThreshold,
                attributes: $0.attributes
            )
        }
        images = product.images.map {
            Image(
                id: $0.id,
                url: $0.url,
                alt: $0.alt,
                isPrimary: $0.isPrimary,
                width: $0.size?.width,
                height: $0.size?.height
            )
        }
    }
}
