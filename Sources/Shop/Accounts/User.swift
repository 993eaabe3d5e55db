package import Foundation

/// An account as its owner sees it.
package struct User: Equatable, Sendable {
    package let id: Int64
    package let email: String
    package let firstName: String
    package let lastName: String
    package let role: Role
    /// Whether a mail to `email` was answered by its token.
    package let isEmailVerified: Bool
    package let createdAt: Date

    package init(
        id: Int64,
        email: String,
        firstName: String,
        lastName: String,
        role: Role,
        isEmailVerified: Bool = false,
        createdAt: Date
    ) {
        self.id = id
        self.email = email
        self.firstName = firstName
        self.lastName = lastName
        self.role = role
        self.isEmailVerified = isEmailVerified
        self.createdAt = createdAt
    }
}

package enum Role: String, Sendable, CaseIterable {
    case customer, seller, admin
}

/// Who makes a request.
package struct Principal: Hashable, Sendable {
    package let userID: Int64
    package let role: Role
    /// The family of refresh tokens that the access token came with; `nil` for a token from before they said so.
    package let sessionID: UUID?

    package init(userID: Int64, role: Role, sessionID: UUID? = nil) {
        self.userID = userID
        self.role = role
        self.sessionID = sessionID
    }
}
