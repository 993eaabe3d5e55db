import Foundation
import Jobs
import JobsAMQP
import Lifecycle
import Outbox
import Postgres
import Topology

/// A worker whose jobs a test counts in tables: each run in `starts`, each effect in `effects`. One kind of job kills it.
enum StepWorker {
    static func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let queue = try QueueDefinition(
            name: "steps",
            bindings: [Step.name],
            concurrency: 16,
            retry: .init(rungsSeconds: [1], attempts: 3)
        )
        let broker = try AMQPBroker(url: environment["AMQP_URL"] ?? "", application: "step-worker")
        let pool = PostgresPool(.init(url: environment["DATABASE_URL"] ?? "", size: 8))
        let worker = Worker(queue: queue, broker: broker, handlers: [StepHandler(pool: pool)])
        try await ServiceGroup([("broker", broker), ("worker", worker)]).run()
        await pool.shutdown()
    }
}

private struct Step: Job {
    static let name = "fixture.step"
    let number: Int
    let isDeadly: Bool
}

/// Idempotent by inbox: the row and the effect are one transaction.
private struct StepHandler: JobHandler {
    let pool: PostgresPool

    func handle(_ step: Step, context: JobContext) async throws -> Outcome {
        _ = try await pool.query("INSERT INTO starts (number) VALUES (\(step.number))")
        if step.isDeadly { kill(getpid(), SIGKILL) }
        return try await pool.transaction { transaction in
            guard try await transaction.query(Inbox.record(context.id, by: "step")).affectedRows == 1 else {
                return .done
            }
            transaction.enqueue("INSERT INTO effects (number) VALUES (\(step.number))")
            return .done
        }
    }
}
