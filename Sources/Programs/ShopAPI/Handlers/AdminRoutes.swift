import Accounts
import Database
import HTTPServer

/// Accounts as admins see them, and what staff did.
struct AdminRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func users(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = UserFilter(
            role: query.choice("role", Role.self),
            isActive: query.boolean("is_active"),
            text: query.text("q", length: 1...100)
        )
        let page = query.page()
        let list = try await shop.accounts.directory.list(filter, try query.checked(page), request.consistency)
        return try .json(PageBody(list, UserRecordBody.init))
    }

    @Sendable func user(_ request: Request) async throws -> Response {
        let record = try await shop.accounts.directory.user(try userID(request), request.consistency)
        return try .json(UserRecordBody(record))
    }

    @Sendable func changeUser(_ request: Request) async throws -> Response {
        let id = try userID(request)
        let body = try request.decode(UserChangeBody.self)
        let changed = try await shop.accounts.directory.change(
            id,
            role: body.role,
            isActive: body.isActive,
            by: try request.principal().userID
        )
        return try Response.json(UserRecordBody(changed.value))
    }

    @Sendable func audit(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = AuditFilter(
            actorID: query.id("actor"),
            action: query.text("action", length: 1...200),
            target: query.text("target", length: 1...500),
            since: query.time("since")
        )
        let page = query.page()
        let list = try await shop.accounts.audit.list(filter, try query.checked(page), request.consistency)
        return try .json(PageBody(list, AuditEntryBody.init))
    }

    private func userID(_ request: Request) throws(AccountError) -> Int64 {
        guard let id = request.parameters["id"].flatMap(Int64.init) else { throw .userNotFound }
        return id
    }
}
