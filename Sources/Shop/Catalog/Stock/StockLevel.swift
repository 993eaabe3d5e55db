package import Foundation
package import Validation

/// How much there is of a variant.
package struct StockLevel: Equatable, Sendable {
    package let variantID: Int64
    package let sku: String
    package let variantName: String
    package let productID: Int64
    package let productName: String
    package let quantity: Int
    /// At this level and below, more should be ordered.
    package let lowStockThreshold: Int

    package var isLow: Bool { quantity <= lowStockThreshold }
}

/// Which levels a list is about.
package struct StockFilter: Equatable, Sendable {
    package enum Sort: String, Sendable, CaseIterable {
        case sku
        case scarcest = "stock"
        case fullest = "-stock"
    }

    /// The beginning of the SKU.
    package var sku: String?
    package var productID: Int64?
    /// Only levels less than this.
    package var below: Int?
    /// Only levels at or below the variant's own threshold.
    package var isLow: Bool

    package init(sku: String? = nil, productID: Int64? = nil, below: Int? = nil, isLow: Bool = false) {
        self.sku = sku
        self.productID = productID
        self.below = below
        self.isLow = isLow
    }
}

/// One line of the ledger.
package struct StockMovement: Equatable, Sendable {
    package let id: Int64
    package let delta: Int
    package let reason: StockLedger.Reason
    /// The id of the person behind it.
    package let actorID: Int64?
    /// `nil` also for an order that the reader may not see.
    package let orderNumber: String?
    package let note: String?
    package let createdAt: Date
}

/// A change of a level by hand.
package struct StockAdjustment: Equatable, Sendable {
    package static let note = 1...500

    /// What came (positive) or went.
    package let delta: Int
    /// Why, for whoever reads the ledger later.
    package let note: String

    /// - Throws: `ValidationError` with every field that is wrong.
    package init(delta: Int, note: String) throws(ValidationError) {
        var validator = Validator()
        validator.require(
            delta != 0 && (-ProductLimits.stock.upperBound...ProductLimits.stock.upperBound).contains(delta),
            "delta",
            "must be from -\(ProductLimits.stock.upperBound) to \(ProductLimits.stock.upperBound), and not 0"
        )
        self.delta = delta
        self.note = validator.line(note, "note", length: Self.note)
        try validator.finish()
    }
}
