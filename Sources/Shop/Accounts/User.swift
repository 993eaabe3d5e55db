/// An account as its owner sees it.
package struct User: Equatable, Sendable {
    package let id: Int64
    package let email: String
    package let firstName: String
    package let lastName: String
    package let role: Role
}

package enum Role: String, Sendable, CaseIterable {
    case customer, seller, admin
}

/// Who makes a request.
package struct Principal: Hashable, Sendable {
    package let userID: Int64
    package let role: Role

    package init(userID: Int64, role: Role) {
        self.userID = userID
        self.role = role
    }
}
