package import Validation

extension ProductDraft {
    /// The draft in the form in which it is stored.
    ///
    /// - Parameter current: variants of the product, which may leave `stockQuantity` out.
    /// - Throws: `ValidationError` with every field that is wrong.
    package func validated(current: [ProductVariant] = []) throws(ValidationError) -> ProductDraft {
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
        draft.tags = Self.tags(tags, &validator)
        draft.seo.title = seo.title.map { validator.line($0, "seo_title", length: ProductLimits.seoTitle) }
        draft.seo.description = seo.description.map {
            validator.line($0, "seo_description", length: ProductLimits.seoDescription)
        }
        draft.variants = validatedVariants(&validator, current)
        draft.images = validatedImages(&validator)
        draft.slug = slug ?? Slug.make("\(draft.name) \(draft.variants.first?.sku ?? "")")
        validator.require(
            Slug.isValid(draft.slug ?? ""),
            "slug",
            "must be lower-case letters and digits joined by single hyphens, at most \(Slug.maximumLength) characters"
        )
        try validator.finish()
        return draft
    }

    /// Sorted, each once.
    private static func tags(_ tags: [String], _ validator: inout Validator) -> [String] {
        let known = Set(tags)
        validator.require(
            ProductLimits.tags.contains(known.count),
            "tags",
            "must have at most \(ProductLimits.tags.upperBound) entries"
        )
        validator.require(known.allSatisfy(Slug.isValid), "tags", "must be slugs such as winter-sale")
        return known.sorted()
    }

    private func validatedVariants(_ validator: inout Validator, _ current: [ProductVariant]) -> [Variant] {
        let (ids, skus) = (Set(current.map(\.id)), Set(current.map(\.sku)))
        let variants = variants.enumerated().map { index, variant in
            let isNew = !(variant.id.map(ids.contains) ?? skus.contains(variant.sku))
            return variant.validated(&validator, "variants[\(index)]", isNew: isNew)
        }
        validator.require(
            ProductLimits.variants.contains(variants.count),
            "variants",
            "must have 1 to \(ProductLimits.variants.upperBound) entries"
        )
        validator.require(Set(variants.map(\.sku)).count == variants.count, "variants", "must not repeat a SKU")
        return variants
    }

    private func validatedImages(_ validator: inout Validator) -> [Image] {
        let fewest = status == .active ? 1 : 0
        validator.require(
            (fewest...ProductLimits.images.upperBound).contains(images.count),
            "images",
            "must have \(fewest) to \(ProductLimits.images.upperBound) entries"
        )
        validator.require(Set(images.map(\.url)).count == images.count, "images", "must not repeat an address")
        validator.require(
            images.isEmpty || images.count(where: \.isPrimary) == 1,
            "images",
            "must have exactly one primary image"
        )
        return images.enumerated().map { index, image in image.validated(&validator, "images[\(index)]") }
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
            compareAtAmount.map { $0 > priceAmount && ProductLimits.price.contains($0) } ?? true,
            "\(field).compare_at_amount",
            "must be more than the price, at most \(ProductLimits.price.upperBound) minor units"
        )
        validator.require(
            stockQuantity.map(ProductLimits.stock.contains) ?? !isNew,
            "\(field).stock_quantity",
            "must be from 0 to \(ProductLimits.stock.upperBound)"
        )
        validator.require(
            lowStockThreshold.map(ProductLimits.stock.contains) ?? true,
            "\(field).low_stock_threshold",
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
            validator.require(!key.contains(":"), "\(field).attributes", "must not have a colon in a name")
        }
        return variant
    }
}

extension ProductDraft.Image {
    fileprivate func validated(_ validator: inout Validator, _ field: String) -> ProductDraft.Image {
        var image = self
        image.alt = validator.line(alt, "\(field).alt", length: 0...300)
        validator.require(WebAddress.isValid(url), "\(field).url", "must be an http or https address")
        validator.require(
            (width == nil) == (height == nil),
            "\(field).width",
            "must stand with height, or both be absent"
        )
        for (name, pixels) in [("width", width), ("height", height)] {
            validator.require(
                pixels.map(ProductLimits.pixels.contains) ?? true,
                "\(field).\(name)",
                "must be from 1 to \(ProductLimits.pixels.upperBound) pixels"
            )
        }
        return image
    }
}
