import HTTPClient
package import JobsAMQP
package import Topology

extension TestBroker {
    /// Makes what the topology needs.
    package func apply(_ topology: Topology) async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        try await ManagementAPI(url: managementURL, client: client).apply(topology.broker)
    }

    /// Runs `body` with a broker for jobs that is connected and has the topology.
    package func withJobs(
        _ topology: Topology,
        application: String = "tests",
        _ body: @Sendable (AMQPBroker) async throws -> Void
    ) async throws {
        try await apply(topology)
        let broker = try AMQPBroker(url: url, application: application)
        let running = Task { try await broker.run() }
        try await eventually("the job broker connects") { broker.isConnected }
        var failure: (any Error)?
        do { try await body(broker) } catch { failure = error }
        running.cancel()
        _ = await running.result
        if let failure { throw failure }
    }
}
