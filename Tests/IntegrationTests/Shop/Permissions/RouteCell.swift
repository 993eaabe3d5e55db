import Accounts
import TestSupport

/// How the table of permissions uses one route: one valid request, made anew for each cell of the table.
///
/// What is expected is not said here: that follows from the permission that is declared beside the route.
struct RouteCell: Sendable {
    struct Use: Sendable {
        var path: String
        var body: String?

        init(_ path: String, _ body: String? = nil) {
            self.path = path
            self.body = body
        }
    }

    /// Who owns the thing that the path names where it is somebody else's; of no account where nothing can be owned.
    var owner = Role.customer
    /// Whether what is somebody else's is out of sight, so that it is 404 and not 403 to who may not touch it.
    var isHidden = false
    /// What who may use the route is answered.
    var allowed: Set<Int> = [200, 201, 202, 204]
    /// Makes whatever the request needs, and the request. `owner` owns the thing that the path names, `caller` will ask.
    let use: @Sendable (_ shop: TestShop, _ owner: Person, _ caller: Person) async throws -> Use

    init(
        owner: Role = .customer,
        isHidden: Bool = false,
        allowed: Set<Int> = [200, 201, 202, 204],
        _ use: @escaping @Sendable (_ shop: TestShop, _ owner: Person, _ caller: Person) async throws -> Use
    ) {
        self.owner = owner
        self.isHidden = isHidden
        self.allowed = allowed
        self.use = use
    }

    /// A request that needs nothing made for it.
    init(_ path: String, _ body: String? = nil) {
        self.init { _, _, _ in Use(path, body) }
    }
}
