import Accounts
import Database
import HTTPServer

struct AccountRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func register(_ request: Request) async throws -> Response {
        let registration = try request.decode(RegistrationBody.self).registration()
        let registered = try await shop.register(registration)
        let (user, tokens) = registered.value
        return try Response.json(RegisteredBody(user, tokens), status: 201)
    }

    @Sendable func token(_ request: Request) async throws -> Response {
        let body = try request.decode(SignInBody.self)
        let tokens = try await shop.signIn(email: body.email, password: body.password)
        return try Response.json(TokensBody(tokens.value))
    }

    @Sendable func refresh(_ request: Request) async throws -> Response {
        let tokens = try await shop.refreshTokens(try request.decode(RefreshBody.self).refresh)
        return try Response.json(TokensBody(tokens.value))
    }

    @Sendable func profile(_ request: Request) async throws -> Response {
        guard let user = try await shop.profile(try request.principal().userID, request.consistency) else {
            throw Problem.unauthorized("This account is closed.")
        }
        return try .json(UserBody(user))
    }
}
