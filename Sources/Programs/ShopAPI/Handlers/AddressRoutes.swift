import Accounts
import Database
import HTTPServer

struct AddressRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func list(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        return try .json(
            try await shop.accounts.addresses.all(of: userID, request.consistency).map(SavedAddressBody.init)
        )
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        let userID = try request.principal().userID
        let id = try addressID(request)
        return try .json(
            SavedAddressBody(try await shop.accounts.addresses.address(id, of: userID, request.consistency))
        )
    }

    @Sendable func add(_ request: Request) async throws -> Response {
        let body = try request.decode(SavedAddressDraftBody.self)
        let added = try await shop.accounts.addresses.add(
            body.address,
            asDefault: body.isDefault ?? false,
            to: try request.principal().userID
        )
        var response = try Response.json(SavedAddressBody(added.value), status: 201)
        response.headers["Location"] = "/api/users/addresses/\(added.value.id)"
        return response
    }

    @Sendable func replace(_ request: Request) async throws -> Response {
        let id = try addressID(request)
        let body = try request.decode(SavedAddressDraftBody.self)
        let replaced = try await shop.accounts.addresses.replace(
            id,
            with: body.address,
            asDefault: body.isDefault ?? false,
            of: try request.principal().userID
        )
        return try Response.json(SavedAddressBody(replaced.value))
    }

    @Sendable func remove(_ request: Request) async throws -> Response {
        let id = try addressID(request)
        _ = try await shop.accounts.addresses.remove(id, of: try request.principal().userID)
        return Response.noContent
    }

    private func addressID(_ request: Request) throws(AccountError) -> Int64 {
        guard let id = request.parameters["id"].flatMap(Int64.init) else { throw .addressNotFound }
        return id
    }
}
