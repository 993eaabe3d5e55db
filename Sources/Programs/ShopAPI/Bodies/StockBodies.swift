import Catalog
import Foundation
import Validation

struct StockLevelBody: Encodable {
    let variantID: WireID
    let sku: String
    let variantName: String
    let productID: WireID
    let productName: String
    let stockQuantity: Int
    let lowStockThreshold: Int
    let isLow: Bool

    private enum CodingKeys: String, CodingKey {
        case variantID = "variant_id"
        case sku
        case variantName = "variant_name"
        case productID = "product_id"
        case productName = "product_name"
        case stockQuantity = "stock_quantity"
        case lowStockThreshold = "low_stock_threshold"
        case isLow = "is_low"
    }

    init(_ level: StockLevel) {
        variantID = WireID(level.variantID)
        sku = level.sku
        variantName = level.variantName
        productID = WireID(level.productID)
        productName = level.productName
        stockQuantity = level.quantity
        lowStockThreshold = level.lowStockThreshold
        isLow = level.isLow
    }
}

struct StockMovementBody: Encodable {
    let id: WireID
    let delta: Int
    let reason: String
    let actorID: WireID?
    let orderNumber: String?
    let note: String?
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, delta, reason
        case actorID = "actor_id"
        case orderNumber = "order_number"
        case note
        case createdAt = "created_at"
    }

    init(_ movement: StockMovement) {
        id = WireID(movement.id)
        delta = movement.delta
        reason = movement.reason.rawValue
        actorID = movement.actorID.map(WireID.init)
        orderNumber = movement.orderNumber
        note = movement.note
        createdAt = movement.createdAt
    }
}

struct StockAdjustmentBody: Decodable {
    let delta: Int
    let note: String

    func adjustment() throws(ValidationError) -> StockAdjustment { try StockAdjustment(delta: delta, note: note) }
}

struct StockAdjustedBody: Encodable {
    let movement: StockMovementBody
    let stockQuantity: Int

    private enum CodingKeys: String, CodingKey {
        case movement
        case stockQuantity = "stock_quantity"
    }

    init(_ adjusted: AdjustStock.Adjusted) {
        movement = StockMovementBody(adjusted.movement)
        stockQuantity = adjusted.stockQuantity
    }
}
