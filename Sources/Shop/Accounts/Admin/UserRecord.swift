package import Foundation

/// An account as an admin sees it.
package struct UserRecord: Equatable, Sendable {
    package let user: User
    package let isActive: Bool
    package let hasSecondFactor: Bool
    /// Set for an account whose person is no longer known.
    package let deletedAt: Date?
}

/// Which accounts a list shows.
package struct UserFilter: Equatable, Sendable {
    package let role: Role?
    package let isActive: Bool?
    /// A part of the e-mail address or of the name, in any case.
    package let text: String?

    package init(role: Role? = nil, isActive: Bool? = nil, text: String? = nil) {
        self.role = role
        self.isActive = isActive
        self.text = text
    }
}
