import Foundation
import HTTPClient
import TestSupport

/// The account routes as a client uses them.
struct AccountClient {
    let shop: TestShop

    struct Tokens {
        let access: String
        let refresh: String
    }

    func register(_ email: String) async throws -> Tokens {
        let response = try await shop.call(
            "POST",
            "/api/users/register",
            body: json(["email": email, "password": Person.password, "first_name": "Ada", "last_name": "King"])
        )
        return try tokens(response)
    }

    func signIn(_ email: String, _ password: String = Person.password, otp: String? = nil) async throws -> HTTPResponse
    {
        var fields = ["email": email, "password": password]
        fields["otp"] = otp
        return try await shop.call("POST", "/api/users/token", body: json(fields))
    }

    func tokens(_ email: String, _ password: String = Person.password) async throws -> Tokens {
        try tokens(try await signIn(email, password))
    }

    func refresh(_ token: String) async throws -> HTTPResponse {
        try await shop.call("POST", "/api/users/token/refresh", body: json(["refresh": token]))
    }

    func post(_ path: String, _ fields: [String: Any], token: String? = nil) async throws -> HTTPResponse {
        try await shop.call("POST", path, token: token, body: json(fields))
    }

    func tokens(_ response: HTTPResponse) throws -> Tokens {
        let body = try response.json()
        return Tokens(access: body["access"] as? String ?? "", refresh: body["refresh"] as? String ?? "")
    }

    func json(_ fields: [String: Any]) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
    }
}

extension HTTPResponse {
    /// The last word of a problem's type, such as `otp-required`.
    var problem: String {
        ((try? json())?["type"] as? String).map { String($0.split(separator: "/").last ?? "") } ?? "none"
    }
}
