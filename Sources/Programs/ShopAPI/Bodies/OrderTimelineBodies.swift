import Foundation
import Orders
import Validation

/// An event of an order, in the timeline and in the live stream.
struct OrderEventBody: Encodable {
    let id: String
    let kind: String
    let actor: String
    let detail: EventDetail
    let traceID: String?
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, kind, actor, detail
        case traceID = "trace_id"
        case createdAt = "created_at"
    }

    init(_ event: OrderEvent, isForStaff: Bool) {
        id = String(event.id)
        kind = event.kind
        actor = isForStaff ? event.actor.rawValue : event.actor.publicName
        detail = event.detail
        traceID = event.traceID
        createdAt = event.createdAt
    }
}

extension OrderActor {
    /// Which of the shop's people or jobs it was is none of a customer's business.
    var publicName: String {
        switch self {
        case .customer: "customer"
        case .staff, .job: "shop"
        }
    }
}

struct OrderNoteBody: Encodable {
    let id: String
    let kind: String
    let actor: String
    let body: String
    let createdAt: Date

    private enum CodingKeys: String, CodingKey {
        case id, kind, actor, body
        case createdAt = "created_at"
    }

    init(_ note: OrderNote, isForStaff: Bool) {
        id = String(note.id)
        kind = note.kind.rawValue
        actor = isForStaff ? note.actor.rawValue : note.actor.publicName
        body = note.body
        createdAt = note.createdAt
    }
}

struct OrderNoteDraftBody: Decodable {
    let kind: String?
    let body: String

    func draft() throws(ValidationError) -> OrderNote.Draft { try OrderNote.Draft(kind: kind, body: body) }
}

struct OrderEventTicketBody: Encodable {
    let ticket: String
    let expiresAt: Date

    private enum CodingKeys: String, CodingKey {
        case ticket
        case expiresAt = "expires_at"
    }
}
