package import AMQP
package import Jobs

/// Asks the broker what queues hold, over a connection that it keeps for the next time: by passive declarations, which take
/// nothing.
package actor QueueProbe {
    private let configuration: AMQPConfiguration
    private var session: AMQPSession?
    private var isClosed = false

    package init(_ configuration: AMQPConfiguration) { self.configuration = configuration }

    /// Those that do not exist are left out.
    package func depths(of queues: [String]) async throws(AMQPError) -> [String: QueueDepth] {
        let session = try await current()
        var depths: [String: QueueDepth] = [:]
        do throws(AMQPError) {
            for queue in queues {
                guard let depth = try await session.depth(of: queue) else { continue }
                depths[queue] = QueueDepth(ready: depth.ready, consumers: depth.consumers)
            }
        } catch {
            // Whatever it is, the next time begins with a connection that is known to work.
            if self.session === session { self.session = nil }
            await session.close()
            throw error
        }
        return depths
    }

    package func close() async {
        isClosed = true
        await session?.close()
        session = nil
    }

    private func current() async throws(AMQPError) -> AMQPSession {
        if let session { return session }
        let new = try await AMQPSession(configuration, heartbeat: 30)
        // Of two that connected at the same time, one is kept.
        guard session == nil, !isClosed else {
            let kept = session
            await new.close()
            if let kept { return kept }
            throw AMQPError(.closed, "the broker's connections are closed")
        }
        session = new
        return new
    }
}
