import Bootstrap
import Orders

/// Moves orders through their life: the queue `order.process`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-orders", role: .worker) { parts in
            let confirmOrder = ConfirmOrder(database: try await parts.database(), outbox: try await parts.outbox())
            return try await parts.workers(handlers: [ProcessOrderHandler(confirmOrder: confirmOrder)])
        }
    }
}
