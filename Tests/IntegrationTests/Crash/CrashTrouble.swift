import AMQP
import Foundation
import Lifecycle
import Postgres
import TestSupport
import Threading

/// What makes jobs fail while a cell of the matrix needs failing ones: all of it real, none of it in the programs.
final class CrashTrouble: Sendable {
    /// Enough for the latest hit that a cell kills at.
    private static let count = 6

    private let shop: TestShop
    private let load: CrashLoad
    private let greylisted: String
    private let refused: String
    private let state = Lock((messages: Set<String>(), refusedOrders: 0))

    /// Ids of messages that no worker can do.
    var hopelessMessages: Set<String> { state.withLock { $0.messages } }
    /// Orders of a customer whose mail server takes nothing, ever.
    var refusedOrders: Int { state.withLock { $0.refusedOrders } }
    static let refusedAddress = "refused@example.com"

    init(_ shop: TestShop, _ load: CrashLoad) async throws {
        self.shop = shop
        self.load = load
        greylisted = try await shop.customer(email: "greylisted@example.com")
        refused = try await shop.customer(email: Self.refusedAddress)
        try rules([])
    }

    func begin(_ cell: CrashCell) async throws {
        switch (cell.failpoint, cell.program) {
        case (.jobMidRetry, .orders): try await run("REVOKE INSERT ON order_events FROM wharf_worker")
        case (.jobMidRetry, .search): try await run("REVOKE SELECT ON brands FROM wharf_worker")
        case (.jobMidRetry, .email):
            try rules(["451 greylisted@example.com"])
            try await load.orders(Self.count, by: greylisted)
        case (.jobMidDeadLetter, .orders):
            try await publish("order.process", #"{"action":"confirm","order_number":"ORD-20260101-NOSUCHONE"}"#)
        case (.jobMidDeadLetter, .search): try await publish("search.index_product", #"{"action":"dance"}"#)
        case (.jobMidDeadLetter, .email):
            try await load.orders(Self.count, by: refused)
            state.withLock { $0.refusedOrders += Self.count }
        default: break
        }
    }

    func end(_ cell: CrashCell) async throws {
        switch (cell.failpoint, cell.program) {
        case (.jobMidRetry, .orders): try await run("GRANT INSERT ON order_events TO wharf_worker")
        case (.jobMidRetry, .search): try await run("GRANT SELECT ON brands TO wharf_worker")
        case (.jobMidRetry, .email): try rules([])
        default: break
        }
    }

    private func run(_ statement: String) async throws {
        _ = try await shop.pool.query("\(unsafeSQL: statement)")
    }

    private func rules(_ more: [String]) throws {
        let lines = ["550 \(Self.refusedAddress)"] + more
        try lines.joined(separator: "\n").write(
            toFile: shop.mail.folder + "/.refuse",
            atomically: true,
            encoding: .utf8
        )
    }

    private func publish(_ queue: String, _ body: String) async throws {
        let session = try await shop.broker.session()
        for _ in 0..<Self.count {
            var properties = AMQPProperties()
            let id = UUID().uuidString
            properties.messageID = id
            properties.type = queue
            properties.deliveryMode = 2
            try await session.publish(
                AMQPMessage(body: Array(body.utf8), properties: properties),
                exchange: "",
                routingKey: queue
            )
            state.withLock { _ = $0.messages.insert(id) }
        }
        await session.close()
    }
}
