import Bootstrap
import Messages
import Orders

/// Moves orders through their life: the queue `order.process`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-orders", role: .worker) { parts in
            let confirmOrder = ConfirmOrder(database: try await parts.database(), outbox: try await parts.outbox())
            let worker = try await parts.worker(
                of: ProcessOrder.name,
                handlers: [ProcessOrderHandler(confirmOrder: confirmOrder)]
            )
            return [("worker", worker)]
        }
    }
}
