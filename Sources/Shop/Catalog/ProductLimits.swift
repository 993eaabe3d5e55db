/// How large the parts of a product may be. The database would take more; a page, a search document and a mail would
/// not. Prices stop where the largest order of them still fits an Int64 with room for tax.
package enum ProductLimits {
    package static let name = 1...200
    package static let description = 0...20_000
    package static let sku = 1...64
    package static let category = 1...100
    package static let brand = 1...100
    package static let price: ClosedRange<Int64> = 0...100_000_000_000
    package static let stock = 0...1_000_000_000
    package static let usualLowStockThreshold = 5
    package static let variants = 1...100
    package static let images = 0...20
    package static let attributes = 0...20
    package static let url = 1...2_000
    /// Of an image's side, in pixels.
    package static let pixels = 1...50_000
    package static let tags = 0...50
    package static let seoTitle = 1...120
    package static let seoDescription = 1...320
}
