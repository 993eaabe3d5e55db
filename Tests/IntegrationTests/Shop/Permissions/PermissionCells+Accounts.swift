import Accounts
import Crypto
import Foundation
import HTTPClient
import Postgres
import TestSupport

extension PermissionCells {
    static let accounts: [String: RouteCell] = [
        "POST /api/users/register": RouteCell { _, _, _ in
            .init(
                "/api/users/register",
                #"{"email":"\#(UUID().uuidString)@example.com","password":"\#(Person.password)","first_name":"Ada","#
                    + #""last_name":"King"}"#
            )
        },
        "POST /api/users/token": RouteCell { shop, _, _ in
            .init("/api/users/token", signIn(try await shop.person()))
        },
        "POST /api/users/token/refresh": RouteCell { shop, _, _ in
            .init("/api/users/token/refresh", #"{"refresh":"\#(try await refreshToken(shop))"}"#)
        },
        "POST /api/users/logout": RouteCell { shop, _, _ in
            .init("/api/users/logout", #"{"refresh":"\#(try await refreshToken(shop))"}"#)
        },
        "GET /api/users/profile": RouteCell("/api/users/profile"),
        "PUT /api/users/profile": RouteCell("/api/users/profile", #"{"first_name":"Ada","last_name":"King"}"#),
        "PATCH /api/users/profile": RouteCell("/api/users/profile", #"{"last_name":"King"}"#),
        "DELETE /api/users/profile": RouteCell { shop, _, caller in
            // The last admin stays.
            _ = try await shop.person(.admin)
            return .init("/api/users/profile", password)
        },
        "POST /api/users/password": RouteCell(
            "/api/users/password",
            #"{"current_password":"\#(Person.password)","new_password":"another horse entirely"}"#
        ),
        "POST /api/users/password/forgot": RouteCell("/api/users/password/forgot", #"{"email":"ada@example.com"}"#),
        "POST /api/users/password/reset": RouteCell { shop, _, _ in
            let token = try await mailedToken("reset_password", of: shop.person(), shop)
            return .init(
                "/api/users/password/reset",
                #"{"token":"\#(token)","new_password":"another horse entirely"}"#
            )
        },
        "POST /api/users/email": RouteCell { _, _, _ in
            .init(
                "/api/users/email",
                #"{"email":"\#(UUID().uuidString)@example.com","password":"\#(Person.password)"}"#
            )
        },
        "POST /api/users/email/verification": RouteCell("/api/users/email/verification"),
        "POST /api/users/email/verify": RouteCell { shop, _, _ in
            let token = try await mailedToken("verify_email", of: shop.person(), shop)
            return .init("/api/users/email/verify", #"{"token":"\#(token)"}"#)
        },
        "GET /api/users/otp": RouteCell("/api/users/otp"),
        "POST /api/users/otp": RouteCell("/api/users/otp", password),
        "POST /api/users/otp/confirm": RouteCell { shop, _, caller in
            try await secondFactor(of: caller, isConfirmed: false, shop)
            return .init("/api/users/otp/confirm", #"{"otp":"\#(code())"}"#)
        },
        "DELETE /api/users/otp": RouteCell { shop, _, caller in
            try await secondFactor(of: caller, isConfirmed: true, shop)
            return .init("/api/users/otp", #"{"password":"\#(Person.password)","otp":"\#(code())"}"#)
        },
        "GET /api/users/addresses": RouteCell("/api/users/addresses"),
        "POST /api/users/addresses": RouteCell("/api/users/addresses", address),
        "GET /api/users/addresses/{id}": RouteCell { shop, owner, _ in .init(try await savedAddress(shop, owner)) },
        "PUT /api/users/addresses/{id}": RouteCell { shop, owner, _ in
            .init(try await savedAddress(shop, owner), address)
        },
        "DELETE /api/users/addresses/{id}": RouteCell { shop, owner, _ in .init(try await savedAddress(shop, owner)) },
        "GET /api/admin/users": RouteCell("/api/admin/users?role=customer"),
        "GET /api/admin/users/{id}": RouteCell { shop, _, _ in
            .init("/api/admin/users/\(try await shop.person().id)")
        },
        "PATCH /api/admin/users/{id}": RouteCell { shop, _, _ in
            .init("/api/admin/users/\(try await shop.person().id)", #"{"role":"seller"}"#)
        },
        "GET /api/admin/audit": RouteCell("/api/admin/audit?action=PATCH&since=2024-05-01T12:00:00Z"),
    ]

    private static let password = #"{"password":"\#(Person.password)"}"#

    private static func signIn(_ person: Person) -> String {
        #"{"email":"\#(person.email)","password":"\#(Person.password)"}"#
    }

    private static func refreshToken(_ shop: TestShop) async throws -> String {
        let response = try await shop.call("POST", "/api/users/token", body: signIn(try await shop.person()))
        return try response.json()["refresh"] as? String ?? ""
    }

    private static func savedAddress(_ shop: TestShop, _ owner: Person) async throws -> String {
        let response = try await shop.call("POST", "/api/users/addresses", token: owner.token, body: address)
        return "/api/users/addresses/\(try response.json()["id"] as? String ?? "none")"
    }

    /// A token as a mail would have brought it.
    private static func mailedToken(_ purpose: String, of person: Person, _ shop: TestShop) async throws -> String {
        let token = UUID().uuidString
        try await shop.pool.query(
            """
            INSERT INTO one_time_tokens (id, user_id, purpose, email, token_hash, expires_at)
            VALUES (\(UUID()), \(person.id), \(purpose), \(person.email), \(SHA256.hash(Array(token.utf8))),
                now() + interval '1 hour')
            """
        )
        return token
    }

    private static let secret = Array("12345678901234567890".utf8)

    private static func code() -> String { TOTP(secret: secret).code(step: TOTP.step(at: Date())) }

    private static func secondFactor(of person: Person, isConfirmed: Bool, _ shop: TestShop) async throws {
        try await shop.pool.query(
            """
            INSERT INTO totp_factors (user_id, secret, confirmed_at)
            VALUES (\(person.id), \(secret), CASE WHEN \(isConfirmed) THEN now() END)
            """
        )
    }
}
