import Bootstrap
import Maintenance
import Orders

/// Moves orders through their life, the queue `order.process`, and keeps the shop's tables in order, the queue
/// `shop.maintenance`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-orders", role: .worker) { parts in
            let database = try await parts.database()
            let outbox = try await parts.outbox()
            return try await parts.workers(handlers: [
                ProcessOrderHandler(confirmOrder: ConfirmOrder(database: database, outbox: outbox)),
                ExpireOrdersHandler(cancelUnconfirmed: CancelUnconfirmed(database: database, outbox: outbox)),
                PruneShopHandler(pruneTables: PruneTables(database: database)),
            ])
        }
    }
}
