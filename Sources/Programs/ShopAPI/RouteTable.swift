import HTTPServer

/// A router that takes no route without a permission.
struct RouteTable {
    /// A route as it was declared.
    struct Declaration: Sendable {
        let method: Request.Method
        let template: String
        let permission: Permission
    }

    private(set) var router = Router()
    /// Every route, in the order of its declaration.
    private(set) var declarations: [Declaration] = []
    private let dependencies: ShopDependencies

    init(_ dependencies: ShopDependencies) { self.dependencies = dependencies }

    mutating func get(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        on(.get, template, permission, handler)
    }

    mutating func post(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        on(.post, template, permission, handler)
    }

    mutating func put(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        on(.put, template, permission, handler)
    }

    mutating func patch(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        on(.patch, template, permission, handler)
    }

    mutating func delete(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        on(.delete, template, permission, handler)
    }

    private mutating func on(
        _ method: Request.Method,
        _ template: String,
        _ permission: Permission,
        _ handler: @escaping Handler
    ) {
        declarations.append(Declaration(method: method, template: template, permission: permission))
        router.on(method, template, middleware: middleware(permission), handler: handler)
    }

    private func middleware(_ permission: Permission) -> [any Middleware] {
        [
            DomainErrors(),
            Authorization(permission: permission, authenticator: dependencies.authenticator),
            ReadYourWrites(positions: dependencies.positions),
        ]
    }
}
