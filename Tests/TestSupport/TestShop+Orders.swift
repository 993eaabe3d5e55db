import Foundation
package import HTTPClient
import Postgres

extension TestShop {
    /// Orders one unit of a variant, and waits until the order is in a state.
    /// - Returns: the order's number.
    package func ordered(
        _ variant: Int64,
        quantity: Int = 1,
        token: String,
        until status: String = "pending"
    ) async throws -> String {
        let placed = try await order([(variant, quantity)], token: token)
        guard placed.status == 201, let number = try placed.json()["order_number"] as? String else {
            throw TestEnvironment.Missing(description: "no order: \(String(decoding: placed.body, as: UTF8.self))")
        }
        try await waitFor(number, toBe: status)
        return number
    }

    /// What the order's row says.
    package func waitFor(_ number: String, toBe status: String) async throws {
        try await eventually("order \(number) is \(status)") {
            try await pool.query("SELECT FROM orders WHERE order_number = \(number) AND status = \(status)").count == 1
        }
    }

    /// Asks, as staff, for an order to become `status`.
    package func setStatus(_ number: String, _ status: String, _ further: String = "", token: String) async throws
        -> HTTPResponse
    {
        let body = #"{"status":"\#(status)"\#(further.isEmpty ? "" : "," + further)}"#
        return try await call("PUT", "/api/orders/\(number)/status", token: token, body: body)
    }

    package static let parcel = #""carrier":"Snail & Sons","tracking_number":"SN-1""#

    /// Follows an order's events with curl, a client that knows nothing of us.
    package func follow(
        _ number: String,
        _ query: String = "",
        token: String? = nil,
        after lastEventID: String? = nil
    ) throws -> TestProcess {
        var arguments = ["-sS", "-N", "-i", "--max-time", "120", apiURL + "/api/orders/\(number)/events" + query]
        if let token { arguments += ["-H", "Authorization: Bearer \(token)"] }
        if let lastEventID { arguments += ["-H", "Last-Event-ID: \(lastEventID)"] }
        return try TestProcess("/usr/bin/curl", arguments, environment: ["PATH": "/usr/bin:/bin"])
    }
}

extension HTTPResponse {
    /// The `results` of a list.
    package func results() throws -> [[String: Any]] { try json()["results"] as? [[String: Any]] ?? [] }
}
