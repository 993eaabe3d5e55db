import AMQP
import Foundation
import Jobs
import JobsAMQP
import Postgres
import TestSupport

/// Dead letters as workers and the broker leave them, put there directly.
struct Graveyard {
    let shop: TestShop
    static let queue = "order.process"
    static let dead = "order.process.dead"

    /// - Returns: the message's id.
    @discardableResult
    func bury(
        id: String = UUIDv7().description,
        job: String = Self.queue,
        body: String = #"{"action":"confirm","order_number":"W-0"}"#,
        reason: String = "no stock",
        errorType: String = "OutOfStock",
        failedAt: Date = Date(),
        replays: Int? = nil,
        routingKey: String? = nil
    ) async throws -> String {
        var envelope = JobEnvelope(
            id: id,
            name: job,
            body: Array(body.utf8),
            attempt: 8,
            enqueuedAt: failedAt - 600,
            routingKey: routingKey,
            correlationID: "c-\(id)",
            idempotencyKey: "k-\(id)",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            firstFailureAt: failedAt - 60,
            headers: [
                "x-wharf-reason": reason, "x-wharf-error-type": errorType, "x-wharf-attempts": "8",
                "x-wharf-last-failure-at": Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(failedAt),
                "x-wharf-worker": "host:1",
            ]
        )
        if let replays { envelope.headers["x-wharf-replays"] = String(replays) }
        try await publish(AMQPMessage(envelope, application: "tests"), to: Self.dead)
        return id
    }

    /// Returns when the broker shows it.
    func publish(_ message: AMQPMessage, to queue: String) async throws {
        let session = try await shop.broker.session()
        let before = try await session.messageCount(queue)
        try await session.publish(message, exchange: "", routingKey: queue)
        try await eventually("the message is in \(queue)") { try await session.messageCount(queue) > before }
        await session.close()
    }

    /// Takes every message off a queue.
    func empty(_ queue: String) async throws -> [AMQPMessage] {
        let session = try await shop.broker.session()
        var messages: [AMQPMessage] = []
        while let delivery = try await session.get(queue, acknowledges: true) { messages.append(delivery.message) }
        await session.close()
        return messages
    }

    /// Takes every message off a queue.
    /// - Returns: their ids, sorted: what is published at once comes in any order.
    func ids(in queue: String) async throws -> [String] {
        try await empty(queue).compactMap(\.properties.messageID).sorted()
    }

    private struct NoList: Error, CustomStringConvertible { let description: String }

    /// What `wharf dead list --json` answers.
    func list(_ arguments: String...) async throws -> [[String: Any]] {
        let process = try shop.launchTool(["dead", "list", Self.queue, "--json"] + arguments)
        let status = try await process.ended()
        let rows = try JSONSerialization.jsonObject(with: Data(process.output.utf8)) as? [[String: Any]]
        guard status == 0, let rows else { throw NoList(description: process.output) }
        return rows
    }

    struct AuditRow: Equatable {
        let action: String
        let counts: [Int]
        let isFinished: Bool
    }

    /// The oldest first; counts are matched, moved, refused, failed.
    func audit() async throws -> [AuditRow] {
        try await shop.pool.query(
            """
            SELECT action, matched, moved, refused, failed, finished_at IS NOT NULL FROM dead_letter_audit
            WHERE operator LIKE '%_@_%' AND database_role = 'wharf_worker' ORDER BY id
            """
        ).map { row in
            let counts: [Int] = [try row.decode(1), try row.decode(2), try row.decode(3), try row.decode(4)]
            return AuditRow(action: try row.decode(0), counts: counts, isFinished: try row.decode(5))
        }
    }
}

/// Runs `body` with a shop without programs.
func withGraveyard(_ body: (TestShop, Graveyard) async throws -> Void) async throws {
    try await TestShop.with { shop in try await body(shop, Graveyard(shop: shop)) }
}
