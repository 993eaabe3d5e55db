/// Why a change of the catalog was refused, beside what `ValidationError` says about single fields.
package enum CatalogError: Error, Equatable {
    case productNotFound
    case variantNotFound
    case imageNotFound
    case categoryNotFound
    case brandNotFound
    /// The product is another seller's.
    case notYours
    /// Somebody edited the product since the client read it.
    case edited
    case slugTaken
    case skuTaken
    case unknownCategory
    /// A product has at least one variant.
    case lastVariant
    /// A product that is for sale has at least one image.
    case lastImage
    /// The images to arrange are not those of the product.
    case imagesDiffer
    /// Products, or categories below it, are in it.
    case categoryInUse
    case brandInUse
    /// An adjustment would have taken more than there is.
    case stockTooLow(sku: String, available: Int, delta: Int)
    /// The Idempotency-Key was used for another adjustment.
    case keyReused
    /// An adjustment would have made a level larger than ``ProductLimits/stock`` allows.
    case stockTooHigh(sku: String)
}
