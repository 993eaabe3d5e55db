import Postgres
import TestSupport

/// What becomes of orders that were placed.
extension PermissionCells {
    static let orderLife: [String: RouteCell] = [
        "GET /api/orders": RouteCell("/api/orders"),
        "GET /api/orders/{number}/tracking": ofOrder("/tracking"),
        "GET /api/orders/{number}/timeline": ofOrder("/timeline"),
        // A stream that has nothing more to tell ends at once.
        "GET /api/orders/{number}/events": ofOrder("/events?last_event_id=9007199254740991", in: "cancelled"),
        "POST /api/orders/{number}/events/ticket": ofOrder("/events/ticket"),
        "GET /api/orders/{number}/notes": ofOrder("/notes"),
        "POST /api/orders/{number}/notes": ofOrder("/notes", #"{"body":"Ring twice"}"#),
        "POST /api/orders/{number}/cancel": ofOrder("/cancel", #"{"reason":"Too late"}"#),
        "PUT /api/orders/{number}/status": ofOrder(
            "/status",
            #"{"status":"shipped","carrier":"Snail","tracking_number":"SN-1"}"#,
            in: "confirmed"
        ),
        "POST /api/orders/{number}/refunds": ofOrder("/refunds", #"{"reason":"a scratch"}"#, in: "confirmed"),
        "GET /api/admin/orders": RouteCell("/api/admin/orders"),
        "GET /api/admin/orders.csv": RouteCell("/api/admin/orders.csv"),
    ]

    private static func ofOrder(_ path: String, _ body: String? = nil, in status: String? = nil) -> RouteCell {
        RouteCell { shop, owner, _ in
            let number = try await order(shop, owner)
            if let status {
                try await shop.pool.query("UPDATE orders SET status = \(status) WHERE order_number = \(number)")
            }
            return .init("/api/orders/\(number)\(path)", body)
        }
    }
}
