import Accounts

/// Who may use a route.
enum Permission: Equatable, Sendable {
    case anyone
    case signedIn
    case roles(Set<Role>)
}
