import Accounts
import Database
import HTTPServer
import Orders

/// Notes on orders: those to the customer, and those among the staff.
struct OrderNoteRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func list(_ request: Request) async throws -> Response {
        let (number, reader) = try request.orderReader()
        var query = QueryReader(request.query)
        let page = query.page()
        let wanted = try query.checked(page)
        guard let notes = try await shop.orderDesk.notes.list(number, for: reader, wanted, request.consistency) else {
            throw OrderError.noSuchOrder
        }
        return try .json(PageBody(notes) { OrderNoteBody($0, isForStaff: reader == nil) })
    }

    @Sendable func add(_ request: Request) async throws -> Response {
        let (number, reader) = try request.orderReader()
        let draft = try request.decode(OrderNoteDraftBody.self).draft()
        if draft.kind == .internal, reader != nil {
            throw Problem.forbidden("Only the shop's staff write internal notes.")
        }
        let note = try await shop.orderDesk.notes.add(draft, to: number, by: try request.orderActor())
        shop.orderDesk.didStep(number.rawValue)
        let body = OrderNoteBody(note.value, isForStaff: reader == nil)
        return try Response.json(body, status: 201)
    }
}
