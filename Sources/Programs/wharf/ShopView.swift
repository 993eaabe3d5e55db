import Bootstrap
import Configuration
import Foundation
import HTTPClient
import JobControl
import Postgres
import Topology

/// All that can be seen of queues from outside: by the broker, the database and the programs' metrics. It keeps its
/// connections from one look to the next.
struct ShopView {
    private let environment: Environment
    private let topology: Topology
    private let management: ManagementAPI
    private let client: HTTPClient
    private let pool: PostgresPool

    /// - Throws: `SettingError`, `TopologyError`, and what `body` throws.
    static func with<Value>(_ body: (ShopView) async throws -> Value) async throws -> Value {
        let environment = Environment()
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        let client = HTTPClient()
        defer { client.shutdown() }
        let management = try ManagementAPI(url: try environment.value(Settings.amqpManagementURL), client: client)
        return try await QueueControlCommands.withControl { pool in
            try await body(
                ShopView(
                    environment: environment,
                    topology: topology,
                    management: management,
                    client: client,
                    pool: pool
                )
            )
        }
    }

    /// - Throws: where the broker cannot be asked.
    func look() async throws -> (QueueStatusReport, MetricsSweep) {
        let broker = Dictionary(
            uniqueKeysWithValues: try await management.queues(averagedOver: 20).map { ($0.name, $0) }
        )
        let (said, outbox) = await said()
        let sweep = try await MetricsSweep.make(environment, client)
        let queues = topology.queues.map { definition in
            QueueObservation(
                definition: definition,
                broker: broker.filter { definition.allQueues.contains($0.key) },
                said: said[definition.name],
                workers: sweep.report(on: definition)
            )
        }
        return (QueueStatusReport(queues: queues, outbox: outbox, at: Date()), sweep)
    }

    /// The broker's half is worth having when the database is down.
    private func said() async -> ([String: QueueControlStore.Entry], OutboxDiagnosis?) {
        do {
            let outbox = try await pool.query(OutboxDiagnosis.query).first.map { try OutboxDiagnosis($0) }
            return (try await QueueControlStore.entries(pool), outbox)
        } catch {
            complain("wharf: what is paused, limited or in the outbox cannot be told: \(error)")
            return ([:], nil)
        }
    }
}
