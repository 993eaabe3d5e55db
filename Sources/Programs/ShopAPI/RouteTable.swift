import HTTPServer

/// A router that takes no route without a permission.
struct RouteTable {
    private(set) var router = Router()
    private let dependencies: ShopDependencies

    init(_ dependencies: ShopDependencies) { self.dependencies = dependencies }

    mutating func get(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        router.get(template, middleware: middleware(permission), handler: handler)
    }

    mutating func post(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        router.post(template, middleware: middleware(permission), handler: handler)
    }

    mutating func put(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        router.put(template, middleware: middleware(permission), handler: handler)
    }

    mutating func patch(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        router.patch(template, middleware: middleware(permission), handler: handler)
    }

    mutating func delete(_ template: String, _ permission: Permission, _ handler: @escaping Handler) {
        router.delete(template, middleware: middleware(permission), handler: handler)
    }

    private func middleware(_ permission: Permission) -> [any Middleware] {
        [
            DomainErrors(),
            Authorization(permission: permission, authenticator: dependencies.authenticator),
            ReadYourWrites(positions: dependencies.positions),
        ]
    }
}
