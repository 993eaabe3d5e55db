import Accounts
import Database
import Foundation
import HTTPServer
import Orders

/// An order's events as they happen: server-sent events (WHATWG HTML, "Server-sent events").
struct OrderEventRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    @Sendable func ticket(_ request: Request) async throws -> Response {
        let principal = try request.principal()
        let order = try await order(request, for: OrderEventTickets.Holder(principal))
        let ticket = try await shop.orderDesk.tickets.issue(for: order, to: OrderEventTickets.Holder(principal))
        var response = try Response.json(
            OrderEventTicketBody(ticket: ticket.value, expiresAt: ticket.expiresAt),
            status: 201
        )
        response.headers["Cache-Control"] = "no-store"
        return response
    }

    @Sendable func events(_ request: Request) async throws -> Response {
        let after = try lastEventID(request)
        let holder = try await holder(request)
        let order = try await order(request, for: holder)
        // Whoever resumes a stream that has nothing more to tell is told not to come again.
        if order.isSettled, after >= order.newestEventID { return .noContent }
        let items: AsyncStream<FeedItem>
        do throws(OrderFeedError) {
            items = try shop.orderDesk.feed.follow(order, by: holder.userID, isStaff: holder.isStaff, after: after)
        } catch {
            throw Self.problem(error)
        }
        return Response(
            headers: [
                "Content-Type": "text/event-stream", "Cache-Control": "no-store",
                // nginx would hold events back until its buffer is full.
                "X-Accel-Buffering": "no",
            ],
            body: .stream { writer in
                do {
                    try await writer.write("retry: 3000\n\n")
                    for await item in items { try await writer.write(Self.text(item, isForStaff: holder.isStaff)) }
                } catch is CancellationError {
                    // The server stops: the stream ends in good order, and the client resumes elsewhere.
                }
            }
        )
    }

    private func holder(_ request: Request) async throws -> OrderEventTickets.Holder {
        guard let ticket = request.query.first("ticket") else {
            return OrderEventTickets.Holder(try request.principal())
        }
        guard let holder = try await shop.orderDesk.tickets.redeem(ticket, for: try request.orderNumber()) else {
            throw Problem.unauthorized("The ticket is not valid, has been used, or is older than a minute.")
        }
        return holder
    }

    private func order(_ request: Request, for holder: OrderEventTickets.Holder) async throws -> FollowedOrder {
        let number = try request.orderNumber()
        // Who comes with a ticket is in no scope yet.
        let scope = RowScope.current ?? RowScope(userID: holder.userID, isStaff: holder.isStaff)
        let order = try await RowScope.$current.withValue(scope) {
            try await shop.orderDesk.feed.order(number, of: holder.isStaff ? nil : holder.userID)
        }
        guard let order else { throw OrderError.noSuchOrder }
        return order
    }

    /// A browser's new EventSource cannot set the header, so the query has it too; the header is the newer one.
    private func lastEventID(_ request: Request) throws(Problem) -> Int64 {
        var last: Int64 = 0
        for text in [request.query.first("last_event_id"), request.headers["Last-Event-ID"]].compactMap(\.self) {
            guard let id = WireID(text) else {
                throw .unprocessable([.init("last_event_id", "must be the id of an event of this stream")])
            }
            last = id.value
        }
        return last
    }

    static func text(_ item: FeedItem, isForStaff: Bool) throws -> String {
        switch item {
        case .heartbeat: return ": still here\n\n"
        case .event(let event):
            // JSON has no line breaks, so one data line holds it.
            let data = try JSONCoding.encoder.encode(OrderEventBody(event, isForStaff: isForStaff))
            return "id: \(event.id)\nevent: \(event.kind)\ndata: \(String(decoding: data, as: UTF8.self))\n\n"
        }
    }

    private static func problem(_ error: OrderFeedError) -> Problem {
        switch error {
        case .tooMany:
            .tooManyRequests("You follow as many orders as one account may. Close a stream.", retryAfter: .seconds(10))
        case .full: .unavailable("Too many orders are followed at this moment.", retryAfter: .seconds(10))
        }
    }
}

extension OrderEventTickets.Holder {
    init(_ principal: Principal) {
        self.init(userID: principal.userID, isStaff: principal.role == .admin)
    }
}
