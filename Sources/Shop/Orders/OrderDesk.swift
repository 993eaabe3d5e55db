package import Database
package import Outbox

/// What customers and staff do with orders that were placed.
package struct OrderDesk: Sendable {
    package let requestStep: RequestStep
    package let requestRefund: RequestRefund
    package let timeline: OrderTimeline
    package let notes: OrderNotes
    package let export: OrderExport
    package let tickets: OrderEventTickets
    package let feed: OrderEventFeed
    /// Told of each order that has something new in its timeline, after the commit. Returns at once.
    package let didStep: @Sendable (_ orderNumber: String) -> Void

    package init(
        database: Database,
        outbox: OutboxPublisher,
        feed: OrderEventFeed,
        didStep: @escaping @Sendable (_ orderNumber: String) -> Void
    ) {
        requestStep = RequestStep(database: database, outbox: outbox)
        requestRefund = RequestRefund(database: database, outbox: outbox)
        timeline = OrderTimeline(database: database)
        notes = OrderNotes(database: database)
        export = OrderExport(database: database)
        tickets = OrderEventTickets(database: database)
        self.feed = feed
        self.didStep = didStep
    }
}
