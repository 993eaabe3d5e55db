import Configuration
import HTTPServer
public import Jobs
public import JobsAMQP
public import Lifecycle
import Topology

/// A worker executable: everything around its handlers.
///
/// ```swift
/// @main
/// struct Main {
///     static func main() async {
///         await WorkerProgram.run("worker-images") { program in
///             try await program.workers(handlers: [ResizeImageHandler()])
///         }
///     }
/// }
/// ```
///
/// It reads the environment: `AMQP_URL` (must be set), `QUEUES_DIRECTORY` (`queues`), `WORKER_CONCURRENCY` (in place of
/// the queue files' numbers), `METRICS_PORT` (9100) and `HTTP_HOST` (127.0.0.1) for `/health/live`, `/health/ready` and
/// `/metrics`, `SHUTDOWN_GRACE_SECONDS` (25), `LOG_LEVEL` (info), `LOG_FORMAT` (auto), and for traces OpenTelemetry's
/// `OTEL_EXPORTER_OTLP_ENDPOINT` (none) and its kin.
public struct WorkerProgram: Sendable {
    /// Publishes jobs, for handlers that enqueue others. It is connected while the program's services run.
    public let broker: AMQPBroker
    private let topology: Topology
    private let environment: Environment
    private let readiness = Readiness()

    private init(_ name: String, _ environment: Environment) throws {
        self.environment = environment
        broker = try environment.broker(application: name)
        topology = try environment.topology()
    }

    /// Runs the program until SIGTERM or SIGINT, and exits: 0 after a clean stop, 78 when the environment or a queue file
    /// is wrong (with one line on standard error that says what), 1 for any other failure, 128 + the number of a second
    /// signal.
    ///
    /// - Parameters:
    ///   - name: the program's, in its logs, in messages and in the broker's list of connections.
    ///   - compose: makes the program's services, workers above all, in start order; they stop in the reverse order, and
    ///     before the connection of ``broker``. What it throws ends the program.
    public static func run(
        _ name: String,
        compose: (WorkerProgram) async throws -> [(name: String, service: any Service)]
    ) async -> Never {
        await ProgramShell.run(name) { environment in
            let program = try WorkerProgram(name, environment)
            let readiness = program.readiness
            await readiness.add("broker", isVital: true) { [broker = program.broker] in
                try broker.check()
                return true
            }
            let probes = try environment.probes(readiness)
            let services = try await compose(program)
            return ProgramShell.Composition(
                [("probes", probes), ("broker", program.broker)] + services
                    + [("readiness", StoppingNotice(readiness: readiness))],
                gracePeriod: try environment.gracePeriods().whole
            )
        }
    }

    /// A worker for each queue that the files bind these handlers' jobs to, in whatever lane, as the file and
    /// `WORKER_CONCURRENCY` say. So a job that is bound to another queue is worked there without a change of code.
    ///
    /// - Parameters:
    ///   - handlers: at most one handler, plain or batch, for each job's name.
    ///   - postponer: keeps jobs that wait longer than their queue's longest rung; without one, that rung is all they wait.
    ///   - control: where queues are paused, and where workers share a rate limit; by default this program's alone.
    ///   - breakers: one for each dependency that handlers report by ``DependencyUnavailable``.
    /// - Throws: what ends the program with status 78 when a job is bound to no queue, or when one of its queues carries
    ///   jobs that have no handler here, which would all end as dead letters.
    public func workers(
        handlers: [any JobHandler] = [],
        batchHandlers: [any BatchJobHandler] = [],
        postponer: (any JobPostponer)? = nil,
        control: any QueueControl = InMemoryQueueControl(),
        breakers: [CircuitBreaker] = []
    ) async throws -> [(name: String, service: any Service)] {
        try await environment.workers(
            of: topology,
            on: broker,
            handlers: handlers,
            batchHandlers: batchHandlers,
            postponer: postponer,
            control: control,
            breakers: breakers,
            readiness: readiness
        )
    }
}
