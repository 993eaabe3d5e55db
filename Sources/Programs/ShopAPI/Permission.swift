import Accounts

/// Who may use a route, and whose things they may touch with it. It stands beside the route; the test of every route ×
/// role × ownership is made of these declarations.
enum Permission: Equatable, Sendable {
    /// Nobody is asked who they are.
    case anyone
    /// Every account, for what is its own by definition: the path names nothing that could be somebody else's.
    case signedIn
    /// Accounts of these roles, whoever owns the thing.
    case roles(Set<Role>)
    /// The path names a thing that belongs to an account, which may use the route, as may accounts of the roles in
    /// `orRoles`. To everybody else the thing is not there: 404, from the handler, which alone knows the owner.
    case owner(orRoles: Set<Role>)
    /// As `owner`, and whoever shows a one-use ticket (`?ticket=`) that the handler takes: for browsers' EventSource, which
    /// cannot send a token.
    case ownerOrTicket(orRoles: Set<Role>)
    /// Accounts of these roles; those of the role `bound` only with what they own. What somebody else owns is refused
    /// with 403 where they can see it, and with 404 where they cannot: that is the handler's to say.
    case rolesOwning(Set<Role>, bound: Role)

    /// The path names a thing that nobody but its owner may touch.
    static let owner = Permission.owner(orRoles: [])

    /// Whether a principal of `role` gets as far as the handler.
    func admits(_ role: Role) -> Bool {
        switch self {
        case .anyone, .signedIn, .owner, .ownerOrTicket: true
        case .roles(let roles), .rolesOwning(let roles, _): roles.contains(role)
        }
    }

    /// Whether a principal of `role` uses the route as staff: for the shop, and not for what is their own.
    func isStaffAction(by role: Role) -> Bool {
        switch self {
        case .anyone, .signedIn: false
        case .roles(let roles), .rolesOwning(let roles, _): role != .customer && roles.contains(role)
        case .owner(let roles), .ownerOrTicket(let roles): roles.contains(role)
        }
    }

    /// What a caller is answered.
    ///
    /// - Parameters:
    ///   - role: `nil` for somebody who is not signed in.
    ///   - owns: whether the thing that the path names is the caller's.
    func verdict(role: Role?, owns: Bool) -> Verdict {
        if self == .anyone { return .allowed }
        guard let role else { return .unauthenticated }
        guard admits(role) else { return .forbidden }
        switch self {
        case .owner(let roles) where !owns && !roles.contains(role): return .hidden
        case .ownerOrTicket(let roles) where !owns && !roles.contains(role): return .hidden
        case .rolesOwning(_, let bound) where !owns && role == bound: return .forbidden
        default: return .allowed
        }
    }

    enum Verdict: Equatable, Sendable {
        case allowed
        /// 401
        case unauthenticated
        /// 403, or 404 where even the existence of the thing is none of the caller's business.
        case forbidden
        /// 404
        case hidden
    }
}
