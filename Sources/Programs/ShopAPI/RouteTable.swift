import HTTPServer

/// A router that takes no route without a permission.
///
/// `rate` is for routes that are more than a read or a write, `produces` for those that answer something else than JSON.
struct RouteTable {
    /// A route as it was declared.
    struct Declaration: Sendable {
        let method: Request.Method
        let template: String
        let permission: Permission
    }

    private static let json = "application/json"

    private(set) var router = Router()
    /// Every route, in the order of its declaration.
    private(set) var declarations: [Declaration] = []
    private let dependencies: ShopDependencies

    init(_ dependencies: ShopDependencies) { self.dependencies = dependencies }

    mutating func get(
        _ template: String,
        _ permission: Permission,
        rate: RateClass? = nil,
        produces: [String] = [Self.json],
        _ handler: @escaping Handler
    ) {
        on(.get, template, permission, rate, produces, handler)
    }

    mutating func post(
        _ template: String,
        _ permission: Permission,
        rate: RateClass? = nil,
        produces: [String] = [Self.json],
        _ handler: @escaping Handler
    ) {
        on(.post, template, permission, rate, produces, handler)
    }

    mutating func put(
        _ template: String,
        _ permission: Permission,
        rate: RateClass? = nil,
        produces: [String] = [Self.json],
        _ handler: @escaping Handler
    ) {
        on(.put, template, permission, rate, produces, handler)
    }

    mutating func patch(
        _ template: String,
        _ permission: Permission,
        rate: RateClass? = nil,
        produces: [String] = [Self.json],
        _ handler: @escaping Handler
    ) {
        on(.patch, template, permission, rate, produces, handler)
    }

    mutating func delete(
        _ template: String,
        _ permission: Permission,
        rate: RateClass? = nil,
        produces: [String] = [Self.json],
        _ handler: @escaping Handler
    ) {
        on(.delete, template, permission, rate, produces, handler)
    }

    private mutating func on(
        _ method: Request.Method,
        _ template: String,
        _ permission: Permission,
        _ rate: RateClass?,
        _ produces: [String],
        _ handler: @escaping Handler
    ) {
        declarations.append(Declaration(method: method, template: template, permission: permission))
        router.on(
            method,
            template,
            middleware: middleware(permission, rate ?? RateClass(method), produces),
            handler: handler
        )
    }

    private func middleware(
        _ permission: Permission,
        _ rate: RateClass,
        _ produces: [String]
    ) -> [any Middleware] {
        let limiter = dependencies.rateLimiters[rate]
        return [
            DomainErrors(),
            RateLimit(subject: .address, limiter: limiter),
            Produces(produces),
            Authorization(permission: permission, authenticator: dependencies.authenticator),
            RateLimit(subject: .account, limiter: limiter),
            AuditTrail(permission: permission),
            ReadYourWrites(positions: dependencies.positions),
        ]
    }
}
