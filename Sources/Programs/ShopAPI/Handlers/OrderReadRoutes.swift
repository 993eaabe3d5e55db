import Accounts
import Database
import HTTPServer
import Orders

/// Reading orders: their customer's own, and everybody's for the staff.
struct OrderReadRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func list(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.customerOrderFilter(userID: try request.principal().userID)
        return try await list(request, &query, filter, isForStaff: false)
    }

    @Sendable func staffList(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.staffOrderFilter()
        return try await list(request, &query, filter, isForStaff: true)
    }

    private func list(
        _ request: Request,
        _ query: inout QueryReader,
        _ filter: OrderFilter?,
        isForStaff: Bool
    ) async throws -> Response {
        let sort = query.choice("sort", OrderList.Sort.self) ?? .newest
        let page = query.page()
        let list = OrderList(filter: try query.checked(filter), sort: sort, request: try query.checked(page))
        let orders = try await shop.orders.list(list, request.consistency)
        return try .json(PageBody(orders) { OrderSummaryBody($0, isForStaff: isForStaff) })
    }

    /// Streamed: the answer begins at once and its memory does not grow with it.
    @Sendable func export(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let filter = query.staffOrderFilter()
        let wanted = try query.checked(filter)
        let consistency = request.consistency
        // Once the answer has begun, an account that has been closed could only be cut off.
        guard try await shop.accounts.profile(try request.principal().userID, consistency) != nil else {
            throw AccountError.tokenOutdated
        }
        return Response(
            headers: [
                "Content-Type": "text/csv; charset=utf-8; header=present",
                "Content-Disposition": "attachment; filename=\"orders.csv\"",
                "Cache-Control": "no-store",
            ],
            body: .stream { [shop] writer in
                try await shop.orderDesk.export(wanted, consistency) { try await writer.write($0) }
            }
        )
    }

    @Sendable func detail(_ request: Request) async throws -> Response {
        let (number, reader) = try request.orderReader()
        guard let detail = try await shop.orders.detail(number, of: reader, request.consistency) else {
            throw OrderError.noSuchOrder
        }
        return try .json(OrderDetailBody(detail))
    }

    @Sendable func tracking(_ request: Request) async throws -> Response {
        let (number, reader) = try request.orderReader()
        guard let tracking = try await shop.orders.tracking(number, of: reader, request.consistency) else {
            throw OrderError.noSuchOrder
        }
        return try .json(TrackingBody(tracking))
    }

    @Sendable func timeline(_ request: Request) async throws -> Response {
        let (number, reader) = try request.orderReader()
        var query = QueryReader(request.query)
        let page = query.page()
        let wanted = try query.checked(page)
        guard let events = try await shop.orderDesk.timeline(number, for: reader, wanted, request.consistency) else {
            throw OrderError.noSuchOrder
        }
        return try .json(PageBody(events) { OrderEventBody($0, isForStaff: reader == nil) })
    }
}

extension Request {
    /// The order that the path names.
    ///
    /// - Throws: `OrderError.noSuchOrder` for what cannot be one.
    func orderNumber() throws(OrderError) -> OrderNumber {
        guard let number = parameters["number"].flatMap(OrderNumber.init(rawValue:)) else { throw .noSuchOrder }
        return number
    }

    /// The order that the path names, and whose it has to be for who asks: `nil` for staff, who see everybody's.
    func orderReader() throws -> (number: OrderNumber, userID: Int64?) {
        let principal = try principal()
        return (try orderNumber(), principal.role == .admin ? nil : principal.userID)
    }

    /// Who asks, as an order's timeline has it.
    func orderActor() throws(Problem) -> OrderActor {
        let principal = try principal()
        return principal.role == .admin ? .staff(principal.userID) : .customer(principal.userID)
    }
}
