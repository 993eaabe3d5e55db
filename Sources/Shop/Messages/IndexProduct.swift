package import Jobs

/// Asks for a product's search document to follow the database.
///
/// `index` carries no content: the worker reads the product as it is when the job runs, so jobs may come late, twice or
/// out of order.
package struct IndexProduct: Job, Equatable {
    package static let name = "search.index_product"

    package enum Action: String, Codable, Sendable { case index, delete }

    package let action: Action
    package let productID: Int64
    /// Of a deleted product: the version its tombstone gets in the index, one above the last version of the product.
    /// Without it a late index job could bring the document back.
    package let version: Int64?

    package static func index(_ productID: Int64) -> IndexProduct {
        IndexProduct(action: .index, productID: productID, version: nil)
    }

    package static func delete(_ productID: Int64, version: Int64) -> IndexProduct {
        IndexProduct(action: .delete, productID: productID, version: version)
    }

    /// One `index` job of a product is enough: it shows every change that was committed before it reads. Its handler frees
    /// the key before that, so the window only bounds what a job that was lost to the dead letters can hold up.
    package var uniqueKey: JobKey? { action == .index ? JobKey(String(productID), within: .seconds(600)) : nil }

    private enum CodingKeys: String, CodingKey {
        case action
        case productID = "product_id"
        case version
    }
}
