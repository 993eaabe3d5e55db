import AMQP
import Bootstrap
import Configuration
import DeadLetters
import Foundation
import Postgres
import Topology

/// What the dead-letter commands work with.
///
/// They log in as the workers do, so that whoever is on call needs no role that could change a table: the lock that keeps
/// two operators apart needs no right, and the audit's migration grants that role what it needs.
struct DeadQueues {
    let topology: Topology
    let configuration: AMQPConfiguration
    let pool: PostgresPool

    /// - Throws: `SettingError`, `TopologyError`, and what `body` throws.
    static func with(_ body: (DeadQueues) async throws -> ExitCode) async throws -> ExitCode {
        let environment = Environment()
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        let configuration = try AMQPConfiguration(
            url: try environment.value(Settings.amqpURL),
            connectionName: "wharf dead"
        )
        return try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL) { pool in
            try await body(DeadQueues(topology: topology, configuration: configuration, pool: pool))
        }
    }

    /// - Parameter name: the queue's own, or its dead queue's.
    func queue(named name: String) throws(UsageError) -> QueueDefinition {
        guard let queue = topology.queues.first(where: { $0.name == name || $0.deadQueue == name }) else {
            let names = topology.queues.map(\.name).joined(separator: ", ")
            throw UsageError("there is no queue '\(printable(name))'; there are \(names)")
        }
        return queue
    }

    /// Looks through a dead queue, with nobody else in it.
    func look<Value>(at queue: QueueDefinition, _ body: (DeadLetterPass) async throws -> Value) async throws -> Value {
        try await DeadQueueLock.with(queue.deadQueue, in: pool) {
            try await DeadLetterPass.with(
                queue.deadQueue,
                at: configuration,
                deliveryLimits: topology.broker.deliveryLimits,
                body
            )
        }
    }

    /// Runs `body` with a row in the audit that is there before anything happens.
    ///
    /// - Parameter body: gets what notes its progress; the row is finished with the report that it returns.
    func audited(
        _ action: DeadLetterAudit.Action,
        of queue: QueueDefinition,
        _ filter: [String: String],
        _ body: (_ note: (DeadLetterReport) async throws -> Void) async throws -> DeadLetterReport
    ) async throws -> DeadLetterReport {
        let id: Int64
        do {
            id = try await DeadLetterAudit.begin(
                action,
                queue: queue.deadQueue,
                filter: filter,
                user: Self.user,
                in: pool
            )
        } catch {
            throw Self.explained(error)
        }
        let report = try await body { report in try await DeadLetterAudit.note(report, id: id, in: pool) }
        try await DeadLetterAudit.note(report, id: id, isFinished: true, in: pool)
        return report
    }

    /// What to do about an audit that cannot be reached.
    static func explained(_ error: any Error) -> any Error {
        switch (error as? PostgresError)?.sqlState {
        case "42P01": CommandFailure("the database has no table dead_letter_audit: run `wharf migrate up`")
        case "42501":
            CommandFailure(
                "this role may not write dead_letter_audit: set WORKER_DATABASE_URL to a URL with the role wharf_worker"
            )
        default: error
        }
    }

    /// Who asks, as far as the machine knows.
    private static var user: String {
        let name = ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName()
        return "\(name)@\(ProcessInfo.processInfo.hostName)"
    }
}

extension BrokerPlan {
    /// By queue.
    var deliveryLimits: [String: Int] {
        Dictionary(policies.compactMap { policy in policy.definition.deliveryLimit.map { (policy.queue, $0) } }) { $1 }
    }

    /// Where the job exchange takes a message with this key.
    func queues(forRoutingKey key: String) -> [String] { bindings.filter { $0.routingKey == key }.map(\.queue) }
}
