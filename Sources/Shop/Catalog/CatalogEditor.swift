/// The person who manages the catalog: a seller with products of their own, or an admin.
package struct CatalogEditor: Hashable, Sendable {
    package let userID: Int64
    /// Admins manage every product.
    package let managesAll: Bool

    package init(userID: Int64, managesAll: Bool) {
        self.userID = userID
        self.managesAll = managesAll
    }

    /// Who a new product belongs to: the seller; what an admin adds is the shop's own.
    var sellerOfNewProducts: Int64? { managesAll ? nil : userID }

    /// Whose products a list is about; `nil` for everybody's.
    var scope: Int64? { managesAll ? nil : userID }

    /// - Throws: `CatalogError.notYours` for a product that anybody can see, `.productNotFound` for one that only its
    ///   seller knows of.
    func mustManage(sellerID: Int64?, status: Product.Status) throws(CatalogError) {
        if managesAll || sellerID == userID { return }
        throw status == .active ? .notYours : .productNotFound
    }
}
