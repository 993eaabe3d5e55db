import Crypto
import Foundation
import Postgres
import Testing

@testable import Accounts

@Suite struct TokenTests {
    private let user = User(
        id: 7,
        email: "a@b.co",
        firstName: "A",
        lastName: "B",
        role: .seller,
        createdAt: .distantPast
    )

    private func jwt(at date: Date) throws -> JWT {
        let keys = try JWTKeys(parsing: "k1:" + Base64URL.encode(Array(repeating: 7, count: 32)))
        return JWT(keys: keys, issuer: "wharf", now: { date })
    }

    @Test func anAccessTokenSaysWhoAsks() throws {
        let jwt = try jwt(at: Date())
        let family = UUID()
        let (pair, _) = try TokenIssuer(jwt: jwt).issue(for: user, familyID: family)
        let principal = Principal(userID: 7, role: .seller, sessionID: family)
        #expect(try Authenticator(jwt: jwt).principal(bearer: pair.access) == principal)
    }

    @Test func aRefreshTokenOpensNoRoute() throws {
        let jwt = try jwt(at: Date())
        let (pair, _) = try TokenIssuer(jwt: jwt).issue(for: user)
        #expect(throws: JWTError.use) { try Authenticator(jwt: jwt).principal(bearer: pair.refresh) }
    }

    @Test func anAccessTokenLivesAnHour() throws {
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        let (pair, _) = try TokenIssuer(jwt: try jwt(at: start), now: { start }).issue(for: user)
        let shortly = try Authenticator(jwt: jwt(at: start.addingTimeInterval(3_599))).principal(bearer: pair.access)
        #expect(shortly.userID == 7)
        #expect(throws: JWTError.expired) {
            try Authenticator(jwt: try jwt(at: start.addingTimeInterval(3_600))).principal(bearer: pair.access)
        }
    }

    @Test func theRowOfARefreshTokenHoldsItsHashAlone() throws {
        let (pair, row) = try TokenIssuer(jwt: try jwt(at: Date())).issue(for: user)
        #expect(!row.bindings.contains(pair.refresh))
        #expect(TokenIssuer.hash(pair.refresh) != TokenIssuer.hash(pair.access))
    }
}
