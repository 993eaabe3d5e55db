import Accounts
import Foundation
import HTTPClient
import HTTPServer
import Postgres
import TestSupport
import Testing

@testable import ShopAPI

/// Every route × role × ownership against a running API, as the routes' declarations say. A route without a cell fails.
@Suite struct PermissionTableTests {
    /// Who asks, and for whose thing.
    private struct Caller: CustomStringConvertible {
        /// `nil`: nobody.
        let role: Role?
        let owns: Bool
        var isClosed = false

        var description: String {
            "\(isClosed ? "closed " : "")\(role?.rawValue ?? "nobody")\(owns ? "" : ", somebody else's")"
        }
    }

    @Test func everyCellIsAnsweredAsItsRouteDeclares() async throws {
        let routes = ShopAPI.routes(try await ShopDependencies.unconnected()).declarations
        let cells = PermissionCells.all
        let named = Set(routes.map(\.name))
        #expect(Set(cells.keys).subtracting(named).sorted() == [], "cells of no route")
        #expect(named.subtracting(cells.keys).sorted() == [], "routes without a cell in PermissionCells")

        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            var results: [Result] = []
            try await withThrowingTaskGroup(of: [Result].self) { group in
                for (index, route) in routes.enumerated() {
                    // As many at once as keep the shop busy.
                    if index >= 4, let some = try await group.next() { results += some }
                    guard let cell = cells[route.name] else { continue }
                    group.addTask { try await Self.results(of: route, cell, shop) }
                }
                for try await some in group { results += some }
            }
            #expect(results.compactMap(\.failure).sorted() == [])
            try await check(results, against: shop)
            try await api.process.stop()
        }
    }

    /// How one cell was answered.
    private struct Result: Sendable {
        let name: String
        let requestID: String
        /// What is wrong with the answer.
        let failure: String?
        /// Whether staff changed something, which the audit log has to say.
        let isAudited: Bool
    }

    private static func results(
        of route: RouteTable.Declaration,
        _ cell: RouteCell,
        _ shop: TestShop
    ) async throws -> [Result] {
        var results: [Result] = []
        for caller in callers(of: route.permission) {
            let expected = Self.expected(route.permission, cell, caller)
            let response = try await answer(route, cell, caller, shop)
            let name = "\(route.name) by \(caller)"
            let text = String(decoding: response.body, as: UTF8.self).prefix(300)
            let isRight = expected.contains(response.status)
            results.append(
                Result(
                    name: name,
                    requestID: response.headers["x-request-id"] ?? "",
                    failure: isRight ? nil : "\(name): \(response.status), expected \(expected.sorted()): \(text)",
                    isAudited: response.status < 300 && route.isAudited(for: caller.role)
                )
            )
        }
        return results
    }

    /// The audit log has an entry for each thing that staff changed, and none for what was refused or was nobody's staff.
    private func check(_ results: [Result], against shop: TestShop) async throws {
        let rows = try await shop.pool.query("SELECT request_id FROM audit_log")
        let entries = Set(try rows.map { try $0.decode(0, as: String.self) })
        #expect(results.filter { $0.isAudited && !entries.contains($0.requestID) }.map(\.name) == [], "not in the log")
        #expect(results.filter { !$0.isAudited && entries.contains($0.requestID) }.map(\.name) == [], "in the log")
    }

    /// Nobody, each role with what is its own and with somebody else's where there is a difference, and a closed account of
    /// the role that may the most.
    private static func callers(of permission: Permission) -> [Caller] {
        let ownership =
            switch permission {
            case .owner, .ownerOrTicket, .rolesOwning: [true, false]
            case .anyone, .signedIn, .roles: [true]
            }
        let roles = Role.allCases.flatMap { role in ownership.map { Caller(role: role, owns: $0) } }
        return [Caller(role: nil, owns: false)] + roles + [Caller(role: .admin, owns: true, isClosed: true)]
    }

    private static func answer(
        _ route: RouteTable.Declaration,
        _ cell: RouteCell,
        _ caller: Caller,
        _ shop: TestShop
    ) async throws -> HTTPResponse {
        let person = try await shop.person(caller.role ?? .customer)
        let owner = caller.owns ? person : try await shop.person(cell.owner)
        let use = try await cell.use(shop, owner, person)
        if caller.isClosed { try await shop.deactivate(person) }
        return try await shop.call(
            route.method.rawValue,
            use.path,
            token: caller.role == nil ? nil : person.token,
            body: use.body
        )
    }

    private static func expected(_ permission: Permission, _ cell: RouteCell, _ caller: Caller) -> Set<Int> {
        if caller.isClosed, permission != .anyone { return [401] }
        return switch permission.verdict(role: caller.role, owns: caller.owns) {
        case .allowed: cell.allowed
        case .unauthenticated: [401]
        case .forbidden where cell.isHidden && permission.admits(caller.role ?? .customer): [404]
        case .forbidden: [403]
        case .hidden: [404]
        }
    }
}

extension RouteTable.Declaration {
    /// `GET /api/orders/{number}`
    var name: String { "\(method.rawValue) \(template)" }

    func isAudited(for role: Role?) -> Bool {
        method != .get && role.map(permission.isStaffAction) == true
    }
}
