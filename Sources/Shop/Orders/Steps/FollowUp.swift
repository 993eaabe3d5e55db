import Jobs
import Messages
import Observability
import Outbox
import Postgres

/// The jobs that follow from a step, tied to what caused it.
enum FollowUp {
    static func mail(
        _ template: SendOrderMail.Template,
        _ number: String,
        _ cause: StepCause,
        refundID: String? = nil
    ) throws -> OutboxEntry {
        try OutboxEntry(
            SendOrderMail(template: template, orderNumber: number, refundID: refundID),
            idempotencyKey: cause.idempotencyKey,
            correlationID: number
        )
    }

    /// Stock has come back: the products may be there again.
    static func updateInventory(_ number: String, _ cause: StepCause) throws -> OutboxEntry {
        try OutboxEntry(
            ProcessOrder(action: .updateInventory, orderNumber: number),
            idempotencyKey: cause.idempotencyKey,
            correlationID: number
        )
    }
}

/// The memory of a step that was asked for when there was an edge, and found none when its job came: the person who asked
/// had the answer 202, and the timeline is where the rest is told.
enum RefusedStep {
    static let cancellation = "cancellation_refused"
    static let other = "step_refused"

    /// Idempotent by inbox, since it leaves no state that tells: a job that comes again writes nothing.
    static func record(_ action: ProcessOrder.Action, _ order: LockedOrder, _ cause: StepCause) -> PostgresQuery {
        let kind = action == .cancel ? cancellation : other
        let detail: EventDetail = ["action": .string(action.rawValue), "status": .string(order.status.rawValue)]
        return """
            WITH first AS (\(Inbox.record(cause.jobID, by: ProcessOrder.name)) RETURNING message_id)
            INSERT INTO order_events (order_id, kind, actor, detail, traceparent)
            SELECT \(order.id)::uuid, \(kind), \(cause.actor.rawValue), \(PostgresJSON(detail)),
                \(TraceContext.current?.traceparent)::text
            FROM first
            """
    }
}
