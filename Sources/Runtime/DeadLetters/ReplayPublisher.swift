package import AMQP
package import Jobs
import JobsAMQP
import Topology

/// The connection that replayed jobs are published over.
package enum ReplayPublisher {
    package typealias Publish = @Sendable (JobEnvelope) async throws(AMQPError) -> Void

    /// Runs `body` with a publisher to the job exchange.
    /// - Throws: `AMQPError` when there is no connection, and what `body` throws.
    package static func with<Value>(
        _ configuration: AMQPConfiguration,
        _ body: (@escaping Publish) async throws -> Value
    ) async throws -> Value {
        let (events, continuation) = AsyncStream.makeStream(of: AMQPEvent.self)
        let publisher = AMQPPublisher(configuration) { continuation.yield($0) }
        let running = Task { try await publisher.run() }
        var failure: AMQPError?
        waiting: for await event in events {
            switch event {
            case .connected: break waiting
            case .disconnected(_, let reason):
                failure = AMQPError(.connectFailed, reason)
                break waiting
            default: continue
            }
        }
        let result: Result<Value, any Error>
        if let failure {
            result = .failure(failure)
        } else {
            do {
                result = .success(
                    try await body { envelope throws(AMQPError) in
                        try await publisher.publish(
                            AMQPMessage(envelope, application: "wharf"),
                            exchange: Topology.exchange,
                            routingKey: envelope.routingKey
                        )
                    }
                )
            } catch {
                result = .failure(error)
            }
        }
        running.cancel()
        _ = await running.result
        return try result.get()
    }
}
