import Bootstrap
import Jobs
import JobsAMQP
import Maintenance
import Orders
import Payments

/// Moves orders through their life, the queue `order.process`, asks the payment gateway, the queue `payment.process`, and
/// keeps the shop's tables in order, the queue `shop.maintenance`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-orders", role: .worker) { parts in
            let database = try await parts.database()
            let outbox = try await parts.outbox()
            let notices = try await parts.orderNotices()
            let gateway = try await parts.paymentGateway()
            let payments = ProcessPaymentHandler(
                authorizeOrder: AuthorizeOrder(database: database, outbox: outbox, gateway: gateway),
                settlePayment: SettlePayment(database: database, outbox: outbox, gateway: gateway),
                applyEvent: ApplyPaymentEvent(database: database, outbox: outbox),
                gateway: gateway,
                didStep: notices.post
            )
            let breaker = CircuitBreaker(dependency: ProcessPaymentHandler.dependency) { try await gateway.check() }
            // A gateway that is down stops the payments' queue and no other.
            return try await parts.workers(handlers: [
                ProcessOrderHandler(
                    confirmOrder: ConfirmOrder(database: database, followUps: try await parts.followUps()),
                    takeStep: TakeStep(database: database, outbox: outbox),
                    refundOrder: RefundOrder(database: database, outbox: outbox),
                    updateInventory: UpdateInventory(database: database, outbox: outbox),
                    didStep: notices.post
                ),
                ExpireOrdersHandler(
                    cancelUnconfirmed: CancelUnconfirmed(database: database, outbox: outbox, didStep: notices.post)
                ),
                PruneShopHandler(pruneTables: PruneTables(database: database)),
            ]) + parts.workers(handlers: [payments], breakers: [breaker])
        }
    }
}
