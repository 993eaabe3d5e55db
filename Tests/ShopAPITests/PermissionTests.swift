import Accounts
import Testing

@testable import ShopAPI

@Suite struct PermissionTests {
    private typealias Verdict = Permission.Verdict

    /// Nobody, then customer, seller and admin with what is their own, then the same with what is somebody else's.
    private func row(_ permission: Permission) -> [Verdict] {
        [permission.verdict(role: nil, owns: false)]
            + [true, false].flatMap { owns in
                [Role.customer, .seller, .admin].map { permission.verdict(role: $0, owns: owns) }
            }
    }

    @Test func eachPermissionHasItsRow() {
        let allowed = [Verdict](repeating: .allowed, count: 3)
        #expect(row(.anyone) == [.allowed] + allowed + allowed)
        #expect(row(.signedIn) == [.unauthenticated] + allowed + allowed)
        let admins: [Verdict] = [.forbidden, .forbidden, .allowed]
        #expect(row(.roles([.admin])) == [.unauthenticated] + admins + admins)
        #expect(row(.owner) == [.unauthenticated] + allowed + [.hidden, .hidden, .hidden])
        #expect(row(.owner(orRoles: [.admin])) == [.unauthenticated] + allowed + [.hidden, .hidden, .allowed])
        #expect(
            row(.rolesOwning([.seller, .admin], bound: .seller))
                == [.unauthenticated, .forbidden, .allowed, .allowed, .forbidden, .forbidden, .allowed]
        )
    }

    @Test func staffActsForTheShopOnly() {
        func staff(_ permission: Permission) -> [Bool] {
            [Role.customer, .seller, .admin].map(permission.isStaffAction)
        }
        #expect(staff(.anyone) == [false, false, false])
        #expect(staff(.signedIn) == [false, false, false])
        #expect(staff(.owner) == [false, false, false])
        #expect(staff(.owner(orRoles: [.admin])) == [false, false, true])
        #expect(staff(.roles([.admin])) == [false, false, true])
        #expect(staff(.rolesOwning([.seller, .admin], bound: .seller)) == [false, true, true])
    }
}
