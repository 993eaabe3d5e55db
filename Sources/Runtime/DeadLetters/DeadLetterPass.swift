package import AMQP

/// One pass over a dead-letter queue over a connection of its own: takes what lay there when it began, unacked, so that
/// everything that is not expressly forgotten is back in its place when the pass ends, or when its process dies.
///
/// What arrives meanwhile is not taken. Dead queues have no delivery limit, so that looking harms nothing. The broker
/// remembers each message that it has handed out until then; here only what the caller keeps costs memory.
package final class DeadLetterPass {
    /// Messages that lay in the queue when the pass began.
    package let count: Int

    private let session: AMQPSession
    private let configuration: AMQPConfiguration
    private let queue: String
    private let deliveryLimits: [String: Int]
    private var taken = 0
    private var subscribed = 0
    private var forgotten = 0

    /// Each subscription is for as many as all before it, so that a look at the first few costs the broker few, and one
    /// at all takes few subscriptions. AMQP's prefetch is 16 bits wide.
    private static let leastPrefetch = 500
    private static let mostPrefetch = 60_000
    /// Without a message for so long, the rest is in other hands.
    private static let patience = Duration.seconds(10)

    package struct Letter: Sendable {
        package let entry: DeadLetterEntry
        fileprivate let tag: UInt64

        package var receipt: Receipt { Receipt(tag: tag) }
    }

    /// What it takes to have the broker forget a letter.
    package struct Receipt: Sendable { fileprivate let tag: UInt64 }

    private init(
        _ session: AMQPSession,
        _ configuration: AMQPConfiguration,
        queue: String,
        count: Int,
        deliveryLimits: [String: Int]
    ) {
        self.session = session
        self.configuration = configuration
        self.queue = queue
        self.count = count
        self.deliveryLimits = deliveryLimits
    }

    /// Runs `body` with a pass over `queue`, and returns when everything that it has not forgotten is back.
    ///
    /// - Parameter deliveryLimits: by queue, for the words of the broker's own dead letters.
    /// - Throws: ``DeadLetterError/missing(queue:)``, `AMQPError`, and what `body` throws.
    package static func with<Value>(
        _ queue: String,
        at configuration: AMQPConfiguration,
        deliveryLimits: [String: Int],
        _ body: (DeadLetterPass) async throws -> Value
    ) async throws -> Value {
        let session = try await AMQPSession(configuration)
        let count: Int
        do {
            count = try await session.messageCount(queue)
        } catch {
            await session.close()
            throw error.code == .notFound ? DeadLetterError.missing(queue: queue) : error
        }
        let pass = DeadLetterPass(session, configuration, queue: queue, count: count, deliveryLimits: deliveryLimits)
        let result: Result<Value, any Error>
        do { result = .success(try await body(pass)) } catch { result = .failure(error) }
        await pass.end()
        return try result.get()
    }

    /// The next letters in the queue's order, `limit` at most; none when the pass is over.
    package func next(atMost limit: Int) async throws(AMQPError) -> [Letter] {
        guard taken < count else { return [] }
        if taken == subscribed {
            let prefetch = min(count - taken, max(Self.leastPrefetch, subscribed), Self.mostPrefetch)
            // The broker gives back what vanished consumers held in the order of their names.
            try await session.consume(queue, prefetch: prefetch, tag: "pass-\(1_000_000_000 + subscribed)")
            subscribed += prefetch
        }
        let deliveries = try await session.deliveries(atMost: min(limit, subscribed - taken), within: Self.patience)
        taken = deliveries.isEmpty ? count : taken + deliveries.count
        return deliveries.map {
            Letter(entry: DeadLetterEntry($0, deliveryLimits: deliveryLimits), tag: $0.deliveryTag)
        }
    }

    /// The broker forgets the letter.
    package func forget(_ receipt: Receipt) async throws(AMQPError) {
        try await session.ack(deliveryTag: receipt.tag)
        forgotten += 1
    }

    /// Closing the connection gives the rest back. The broker does that a moment later: whoever looks next must find
    /// it all.
    private func end() async {
        await session.close()
        guard taken > forgotten, let observer = try? await AMQPSession(configuration) else { return }
        let deadline = ContinuousClock.now + Self.patience
        while let ready = try? await observer.messageCount(queue), ready < count - forgotten, .now < deadline {
            try? await Task.sleep(for: .milliseconds(10))
        }
        await observer.close()
    }
}
