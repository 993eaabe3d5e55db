package import Foundation
import Observability
import Postgres

/// One thing that happened to an order. Ids of one order's events rise in the order of their commits, since every writer of
/// an event holds the order's row.
package struct OrderEvent: Equatable, Sendable {
    package let id: Int64
    package let kind: String
    package let actor: OrderActor
    package let detail: EventDetail
    /// Of the request or job that made it.
    package let traceID: String?
    package let createdAt: Date

    package init(
        id: Int64,
        kind: String,
        actor: OrderActor,
        detail: EventDetail = [:],
        traceID: String? = nil,
        createdAt: Date
    ) {
        self.id = id
        self.kind = kind
        self.actor = actor
        self.detail = detail
        self.traceID = traceID
        self.createdAt = createdAt
    }

    /// What customers see of the kinds that they see at all: fields of the detail. What is not named here is the shop's
    /// own business, so that a new kind of event tells nobody anything by oversight.
    package static let publicDetails: [String: Set<String>] = [
        "placed": [],
        "confirmed": [],
        "payment_authorized": [],
        "payment_captured": [],
        "payment_declined": [],
        "payment_refunded": [],
        "payment_voided": [],
        "shipped": ["carrier", "tracking_number"],
        "delivered": [],
        "cancelled": ["reason"],
        "cancellation_refused": ["status"],
        "refunded": ["amount", "currency", "refund_id"],
        "partially_refunded": ["amount", "currency", "refund_id"],
        "note_added": ["note_id"],
    ]

    package static let publicKinds = publicDetails.keys.sorted()

    /// The event as its customer sees it; `nil` when it is none of the customer's business.
    package var forCustomer: OrderEvent? {
        guard let fields = Self.publicDetails[kind] else { return nil }
        return OrderEvent(
            id: id,
            kind: kind,
            actor: actor,
            detail: detail.filter { fields.contains($0.key) },
            traceID: traceID,
            createdAt: createdAt
        )
    }
}

extension OrderEvent {
    /// Columns of `order_events e` for ``init(_:)``.
    static let columns: PostgresQuery = "e.id, e.kind, e.actor, e.detail, e.traceparent, e.created_at"

    /// - Parameter offset: the column that ``columns`` begin at.
    init(_ row: PostgresRow, from offset: Int = 0) throws {
        let traceparent: String? = try row.decode(offset + 4)
        let detail: PostgresJSON<[String: DetailValue]> = try row.decode(offset + 3)
        self.init(
            id: try row.decode(offset),
            kind: try row.decode(offset + 1),
            actor: OrderActor(rawValue: try row.decode(offset + 2)),
            detail: detail.value,
            traceID: traceparent.flatMap(TraceContext.init(traceparent:))?.traceID,
            createdAt: try row.decode(offset + 5)
        )
    }

    /// Writes an event in the transaction of what it tells. The order has to be locked there, or written.
    static func insert(
        _ kind: String,
        order id: String,
        by actor: OrderActor,
        _ detail: EventDetail = [:]
    ) -> PostgresQuery {
        """
        INSERT INTO order_events (order_id, kind, actor, detail, traceparent)
        VALUES (\(id)::uuid, \(kind), \(actor.rawValue), \(PostgresJSON(detail)), \(TraceContext.current?.traceparent))
        """
    }
}

/// What an event tells beside its kind.
package typealias EventDetail = [String: DetailValue]

/// A value of an event's detail. What is deeper than that in the database shows as null.
package enum DetailValue: Codable, Equatable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    case null

    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .boolean(flag)
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else {
            self = .null
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let text): try container.encode(text)
        case .integer(let number): try container.encode(number)
        case .boolean(let flag): try container.encode(flag)
        case .null: try container.encodeNil()
        }
    }
}
