/// Why a change of the catalog was refused, beside what `ValidationError` says about single fields.
package enum CatalogError: Error, Equatable {
    case productNotFound
    case slugTaken
    case skuTaken
    case unknownCategory
}
