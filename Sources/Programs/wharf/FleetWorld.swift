import AMQP
import Bootstrap
import Configuration
import Fleet
import HTTPClient
import JobControl
import Jobs
import Postgres
import Topology

/// What a fleet scales by: the broker and its management API, the metrics of its processes, and the word of operators.
struct FleetWorld {
    /// `nil` where no management API is known.
    let sources: FleetSources?
    private let client = HTTPClient()
    private let pool: PostgresPool?
    private let depths: LiveDepths?

    /// - Throws: `SettingError`, and what a bad URL of the broker is.
    init(_ environment: Environment) throws {
        guard let url = try environment.optional(Settings.amqpManagementURL) else {
            sources = nil
            pool = nil
            depths = nil
            return
        }
        let databaseURL =
            try environment.optional(Settings.workerDatabaseURL) ?? environment.optional(Settings.databaseURL)
        pool = databaseURL.map { PostgresPool(.init(url: $0, size: 1, applicationName: "wharf-fleet")) }
        depths = try environment.optional(Settings.amqpURL).map { LiveDepths(try AMQPConfiguration(url: $0)) }
        let management = try ManagementAPI(url: url, client: client)
        sources = FleetSources(
            broker: { [depths] names in
                let queues = try await management.queues().filter { names.contains($0.name) }
                let ready = await depths?.ready(queues.map(\.name)) ?? [:]
                return queues.map { queue in ready[queue.name].map(queue.withReady) ?? queue }
            },
            metrics: { [client] port in await MetricsSweep.text("http://127.0.0.1:\(port)", client) },
            orders: { [pool] in
                guard let pool else { return [:] }
                return try await QueueControlStore.entries(pool).mapValues(FleetSources.Order.init)
            }
        )
    }

    func close() async {
        await depths?.close()
        await pool?.shutdown()
        client.shutdown()
    }
}

extension FleetSources.Order {
    fileprivate init(_ entry: QueueControlStore.Entry) {
        let limit: Int?? =
            switch entry.state.rate {
            case .standard: nil
            case .unlimited: .some(nil)
            case .perSecond(let rate): rate
            }
        self.init(isPaused: entry.state.isPaused, workers: entry.workers, limit: limit)
    }
}
