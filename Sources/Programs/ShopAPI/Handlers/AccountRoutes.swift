import Accounts
import Database
import HTTPServer

struct AccountRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func register(_ request: Request) async throws -> Response {
        let registration = try request.decode(RegistrationBody.self).registration()
        let registered = try await shop.accounts.register(registration)
        let (user, tokens) = registered.value
        return try Response.json(RegisteredBody(user, tokens), status: 201)
    }

    @Sendable func token(_ request: Request) async throws -> Response {
        let body = try request.decode(SignInBody.self)
        let tokens = try await shop.accounts.signIn(
            email: body.email,
            password: body.password,
            otp: body.otp,
            from: request.remoteAddress
        )
        return try Response.json(TokensBody(tokens.value))
    }

    @Sendable func refresh(_ request: Request) async throws -> Response {
        let tokens = try await shop.accounts.refreshTokens(try request.decode(RefreshBody.self).refresh)
        return try Response.json(TokensBody(tokens.value))
    }

    @Sendable func signOut(_ request: Request) async throws -> Response {
        let body = try request.decode(SignOutBody.self)
        try await shop.accounts.sessions.end(of: body.refresh, everywhere: body.allSessions ?? false)
        return .noContent
    }

    @Sendable func profile(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        guard let user = try await shop.accounts.profile(userID, request.consistency) else {
            throw AccountError.tokenOutdated
        }
        return try .json(UserBody(user))
    }

    @Sendable func replaceProfile(_ request: Request) async throws -> Response {
        let body = try request.decode(ProfileBody.self)
        return try await rename(request, body.firstName, body.lastName)
    }

    @Sendable func changeProfile(_ request: Request) async throws -> Response {
        let body = try request.decode(ProfileChangeBody.self)
        return try await rename(request, body.firstName, body.lastName)
    }

    @Sendable func closeAccount(_ request: Request) async throws -> Response {
        let body = try request.decode(ProofBody.self)
        _ = try await shop.accounts.profile.close(
            try request.principal().userID,
            password: body.password,
            otp: body.otp
        )
        return Response.noContent
    }

    private func rename(_ request: Request, _ firstName: String?, _ lastName: String?) async throws -> Response {
        let userID = try request.principal().userID
        let user = try await shop.accounts.profile.rename(userID, firstName: firstName, lastName: lastName)
        return try Response.json(UserBody(user.value))
    }
}
