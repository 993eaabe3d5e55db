/// The person who changes the catalog.
package struct CatalogEditor: Hashable, Sendable {
    package let userID: Int64

    package init(userID: Int64) { self.userID = userID }
}
