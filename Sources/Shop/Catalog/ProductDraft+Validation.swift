import Foundation
package import Validation

extension ProductDraft {
    /// The draft in the form in which it is stored.
    ///
    /// - Parameter existingSKUs: variants of the product that may leave `stockQuantity` out.
    /// - Throws: `ValidationError` with every field that is wrong.
    package func validated(existingSKUs: Set<String> = []) throws(ValidationError) -> ProductDraft {
        var validator = Validator()
        var draft = self
        draft.name = validator.line(name, "name", length: ProductLimits.name)
        draft.description = validator.text(description, "description", length: ProductLimits.description)
        draft.brand = brand.map { validator.line($0, "brand", length: ProductLimits.brand) }
        if let brand = draft.brand {
            validator.require(!Slug.make(brand).isEmpty, "brand", "must have a letter or a digit")
        }
        validator.require(Slug.isValid(category), "category", "must be the slug of a category")
        validator.require(Currency(rawValue: currency) != nil, "currency", "must be an ISO 4217 code such as EUR")
        draft.variants = variants.enumerated().map { index, variant in
            variant.validated(&validator, "variants[\(index)]", isNew: !existingSKUs.contains(variant.sku))
        }
        draft.images = images.enumerated().map { index, image in
            image.validated(&validator, "images[\(index)]")
        }
        validator.require(
            ProductLimits.variants.contains(variants.count),
            "variants",
            "must have 1 to \(ProductLimits.variants.upperBound) entries"
        )
        validator.require(Set(draft.variants.map(\.sku)).count == variants.count, "variants", "must not repeat a SKU")
        validator.require(
            ProductLimits.images.contains(images.count),
            "images",
            "must have 1 to \(ProductLimits.images.upperBound) entries"
        )
        validator.require(images.count(where: \.isPrimary) == 1, "images", "must have exactly one primary image")
        draft.slug = slug ?? Slug.make("\(draft.name) \(draft.variants.first?.sku ?? "")")
        validator.require(
            Slug.isValid(draft.slug ?? ""),
            "slug",
            "must be lower-case letters and digits joined by single hyphens, at most \(Slug.maximumLength) characters"
        )
        try validator.finish()
        return draft
    }
}

extension ProductDraft.Variant {
    fileprivate func validated(_ validator: inout Validator, _ field: String, isNew: Bool) -> ProductDraft.Variant {
        var variant = self
        variant.sku = validator.line(sku, "\(field).sku", length: ProductLimits.sku)
        variant.name = validator.line(name, "\(field).name", length: ProductLimits.name)
        validator.require(
            ProductLimits.price.contains(priceAmount),
            "\(field).price_amount",
            "must be from 0 to \(ProductLimits.price.upperBound) minor units"
        )
        validator.require(
            stockQuantity.map(ProductLimits.stock.contains) ?? !isNew,
            "\(field).stock_quantity",
            "must be from 0 to \(ProductLimits.stock.upperBound)"
        )
        validator.require(
            ProductLimits.attributes.contains(attributes.count),
            "\(field).attributes",
            "must have at most \(ProductLimits.attributes.upperBound) entries"
        )
        for (key, value) in attributes {
            _ = validator.line(key, "\(field).attributes", length: 1...50)
            _ = validator.line(value, "\(field).attributes", length: 1...200)
        }
        return variant
    }
}

extension ProductDraft.Image {
    fileprivate func validated(_ validator: inout Validator, _ field: String) -> ProductDraft.Image {
        var image = self
        image.alt = validator.line(alt, "\(field).alt", length: 0...300)
        validator.require(Self.isWebAddress(url), "\(field).url", "must be an http or https address")
        return image
    }

    /// A page shows the address as it stands, so `javascript:` and the like must not get in.
    static func isWebAddress(_ url: String) -> Bool {
        guard ProductLimits.url.contains(url.utf8.count), let parsed = URLComponents(string: url) else { return false }
        return ["http", "https"].contains(parsed.scheme?.lowercased() ?? "") && parsed.host?.isEmpty == false
    }
}
