/// Why a change of the catalog was refused, beside what `ValidationError` says about single fields.
package enum CatalogError: Error, Equatable {
    case productNotFound
    case variantNotFound
    /// The product is another seller's.
    case notYours
    case slugTaken
    case skuTaken
    case unknownCategory
    /// An adjustment would have taken more than there is.
    case stockTooLow(sku: String, available: Int, delta: Int)
    /// An adjustment would have made a level larger than ``ProductLimits/stock`` allows.
    case stockTooHigh(sku: String)
}
