import Foundation
import Lifecycle
package import Observability
import Threading
package import Topology

/// Runs the processes of a ``Procfile`` on this machine: starts them in its order, prints their output, restarts what
/// ends, and stops them in the reverse order, one after another. Of a program that works queues it runs as many processes
/// as those ask for.
///
/// The Procfile of this house lists the outbox relay first and the API last. So the API stops first and takes no more
/// orders, then the workers finish what they hold, and the relay stops last: it still publishes what the API left in the
/// outbox. What nobody publishes any more stays in the outbox for the next start.
package struct Supervisor: Service {
    package struct Configuration: Sendable {
        package var procfile: Procfile
        /// Where the commands run; usually the Procfile's folder.
        package var directory: String
        /// What every process inherits.
        package var environment: [String: String]
        /// Each process gets one as `METRICS_PORT`: see ``PortPlan``.
        package var firstMetricsPort: Int
        /// What all processes together may take to stop before they are killed.
        package var gracePeriod: Duration
        package var restartPolicy: RestartPolicy
        /// `nil` leaves each program one process.
        package var scaling: Scaling?

        package init(
            procfile: Procfile,
            directory: String,
            environment: [String: String] = ProcessInfo.processInfo.environment,
            firstMetricsPort: Int,
            gracePeriod: Duration = .seconds(30),
            restartPolicy: RestartPolicy = RestartPolicy(),
            scaling: Scaling? = nil
        ) {
            self.procfile = procfile
            self.directory = directory
            self.environment = environment
            self.firstMetricsPort = firstMetricsPort
            self.gracePeriod = gracePeriod
            self.restartPolicy = restartPolicy
            self.scaling = scaling
        }
    }

    /// By what programs get more and fewer processes.
    package struct Scaling: Sendable {
        /// Those whose files name a program of the Procfile are looked at.
        package var topology: Topology
        package var sources: FleetSources
        package var policy: ScalingPolicy
        /// Runs in flight of each worker, in place of the queue files' numbers.
        package var concurrency: Int?
        /// From one look to the next.
        package var interval: Duration

        package init(
            topology: Topology,
            sources: FleetSources,
            policy: ScalingPolicy = ScalingPolicy(),
            concurrency: Int? = nil,
            interval: Duration = .seconds(2)
        ) {
            self.topology = topology
            self.sources = sources
            self.policy = policy
            self.concurrency = concurrency
            self.interval = interval
        }

        func queues(of program: String) -> [QueueDefinition] {
            topology.queues.filter { $0.scaling.program == program }
        }
    }

    private let configuration: Configuration
    private let programs: [FleetProgram]
    private let scaler: FleetScaler?

    /// - Parameters:
    ///   - isReady: asks the process behind a metrics port; by default over HTTP at `/health/ready`.
    ///   - onEvent: called from any thread.
    package init(
        _ configuration: Configuration,
        sink: LogSink = .standardOutput,
        isReady: (@Sendable (_ metricsPort: Int) async -> Bool)? = nil,
        onEvent: @escaping @Sendable (FleetEvent) -> Void = { _ in }
    ) {
        let probe = HealthProbe()
        let isReady = isReady ?? { await probe.isReady(port: $0) }
        let entries = configuration.procfile.entries
        let output = FleetOutput(names: configuration.processNames + ["fleet"], sink: sink)
        let line = output.writer(for: "fleet", colour: entries.count)
        let report = Self.report(names: Set(entries.map(\.name)), to: line, onEvent)
        let grace = SharedGrace(period: configuration.gracePeriod)
        let plan = PortPlan(base: configuration.firstMetricsPort, programs: entries.count)
        let isTerminal = sink.isTerminal
        let programs = entries.enumerated().map { index, entry in
            let queues = configuration.scaling?.queues(of: entry.name) ?? []
            let drainSeconds = configuration.drainSeconds(queues)
            return FleetProgram(
                name: entry.name,
                count: max(1, queues.map(\.scaling.min).max() ?? 1),
                drainPeriod: .seconds(drainSeconds + 5),
                onEvent: report
            ) { number, drain, onEvent in
                let name = FleetProgram.processName(entry.name, number)
                let port = plan.port(program: index, number: number)
                var environment = configuration.environment(metricsPort: port, isTerminal: isTerminal)
                // A job that runs may run to its end: who is stopped for being one too many is in nobody's way.
                if !queues.isEmpty { environment["SHUTDOWN_GRACE_SECONDS"] = String(drainSeconds) }
                return FleetProcess(
                    name: name,
                    command: entry.command,
                    directory: configuration.directory,
                    environment: environment,
                    metricsPort: port,
                    policy: configuration.restartPolicy,
                    grace: grace,
                    drain: drain,
                    isReady: isReady,
                    onLine: output.writer(for: name, colour: index),
                    onEvent: onEvent
                )
            }
        }
        scaler = configuration.scaling.map { scaling in
            FleetScaler(
                programs.compactMap { program in
                    let queues = scaling.queues(of: program.name)
                    return queues.isEmpty ? nil : FleetScaler.Scaled(program: program, queues: queues)
                },
                sources: scaling.sources,
                policy: scaling.policy,
                concurrency: scaling.concurrency,
                interval: scaling.interval
            )
        }
        self.configuration = configuration
        self.programs = programs
    }

    /// What the fleet is doing now.
    package var status: FleetStatus {
        FleetStatus(
            programs: programs.map { program in
                scaler?.status(of: program)
                    ?? FleetStatus.Program(
                        program: program.name,
                        wanted: program.count,
                        isScaled: false,
                        processes: program.processes,
                        queues: []
                    )
            },
            problem: scaler?.problem
        )
    }

    /// The longest that stopping may take; a group that runs the supervisor needs at least this grace period.
    package var longestStop: Duration {
        configuration.gracePeriod + SharedGrace.minimum * (2 * configuration.procfile.entries.count)
    }

    /// Returns when every process has stopped after cancellation.
    ///
    /// - Throws: ``FleetError`` within a ``ServiceGroupError`` when a process cannot be kept running; the others are
    ///   stopped by then.
    package func run() async throws {
        var services = programs.map { (name: $0.name, service: $0 as any Service) }
        // Stopped first: nobody starts workers while they are stopped.
        if let scaler { services.append((name: "scaling", service: scaler)) }
        let logger = Logger(label: "fleet")
        try await ServiceGroup(services, gracePeriod: longestStop, logger: logger, handlesSignals: false).run()
    }

    /// Passes events on, notices when all are ready, and prints what a person wants to know.
    private static func report(
        names: Set<String>,
        to line: @escaping @Sendable ([UInt8]) -> Void,
        _ onEvent: @escaping @Sendable (FleetEvent) -> Void
    ) -> @Sendable (FleetEvent) -> Void {
        let ready = Lock<Set<String>>([])
        return { event in
            line(Array(event.description.utf8))
            onEvent(event)
            let isComplete = ready.withLock { ready in
                switch event {
                case .ready(let name):
                    return names.contains(name) && ready.insert(name).inserted && ready == names
                case .restarting(let name, _, _): ready.remove(name)
                default: break
                }
                return false
            }
            if isComplete {
                line(Array(FleetEvent.allReady.description.utf8))
                onEvent(.allReady)
            }
        }
    }
}

extension Supervisor.Configuration {
    /// As wide as names get.
    fileprivate var processNames: [String] {
        procfile.entries.map { entry in
            let most = scaling?.queues(of: entry.name).map(\.scaling.max).max() ?? 1
            return FleetProgram.processName(entry.name, most)
        }
    }

    /// What a process gets to finish: the fleet's grace period, or as long as the longest job of its queues may run, with
    /// ten seconds for what comes before and after.
    fileprivate func drainSeconds(_ queues: [QueueDefinition]) -> Int {
        let longest = queues.map { $0.deadlineSeconds + 10 }.max() ?? 0
        return max(Int(gracePeriod.components.seconds), min(longest, 3_600))
    }

    fileprivate func environment(metricsPort: Int, isTerminal: Bool) -> [String: String] {
        var environment = environment
        environment["METRICS_PORT"] = String(metricsPort)
        // The processes write to pipes: whether a person reads them in the end is known only here.
        if isTerminal && environment["LOG_FORMAT"] == nil { environment["LOG_FORMAT"] = "text" }
        return environment
    }
}

extension FleetEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .started(let name, let processID, let metricsPort):
            "\(name) started, pid \(processID), metrics on port \(metricsPort)"
        case .ready(let name): "\(name) is ready"
        case .allReady: "all are ready"
        case .restarting(let name, let exit, let delay): "\(name) ended with \(exit); starting it again in \(delay)"
        case .gaveUp(let name, let exit):
            "\(name) ended with \(exit); starting it again would not help, the fleet stops"
        case .stopping(let name): "stopping \(name)"
        case .stopped(let name, let exit): "\(name) stopped, \(exit)"
        }
    }
}
