import Foundation
import Lifecycle
package import Observability
import Threading

/// Runs the processes of a ``Procfile`` on this machine: starts them in its order, prints their output, restarts what
/// ends, and stops them in the reverse order, one after another.
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
        /// The first process gets this one as `METRICS_PORT`, each further one the next.
        package var firstMetricsPort: Int
        /// What all processes together may take to stop before they are killed.
        package var gracePeriod: Duration
        package var restartPolicy: RestartPolicy

        package init(
            procfile: Procfile,
            directory: String,
            environment: [String: String] = ProcessInfo.processInfo.environment,
            firstMetricsPort: Int,
            gracePeriod: Duration = .seconds(30),
            restartPolicy: RestartPolicy = RestartPolicy()
        ) {
            self.procfile = procfile
            self.directory = directory
            self.environment = environment
            self.firstMetricsPort = firstMetricsPort
            self.gracePeriod = gracePeriod
            self.restartPolicy = restartPolicy
        }
    }

    private let configuration: Configuration
    private let sink: LogSink
    private let isReady: @Sendable (_ metricsPort: Int) async -> Bool
    private let onEvent: @Sendable (FleetEvent) -> Void

    /// - Parameters:
    ///   - isReady: asks the process behind a metrics port; by default over HTTP at `/health/ready`.
    ///   - onEvent: called from any thread.
    package init(
        _ configuration: Configuration,
        sink: LogSink = .standardOutput,
        isReady: (@Sendable (_ metricsPort: Int) async -> Bool)? = nil,
        onEvent: @escaping @Sendable (FleetEvent) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.sink = sink
        if let isReady {
            self.isReady = isReady
        } else {
            let probe = HealthProbe()
            self.isReady = { await probe.isReady(port: $0) }
        }
        self.onEvent = onEvent
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
        let entries = configuration.procfile.entries
        let output = FleetOutput(names: entries.map(\.name) + ["fleet"], sink: sink)
        let report = report(to: output.writer(for: "fleet", colour: entries.count))
        let grace = SharedGrace(period: configuration.gracePeriod)
        let processes = entries.enumerated().map { index, entry in
            let metricsPort = configuration.firstMetricsPort + index
            let process = FleetProcess(
                name: entry.name,
                command: entry.command,
                directory: configuration.directory,
                environment: environment(metricsPort: metricsPort),
                metricsPort: metricsPort,
                policy: configuration.restartPolicy,
                grace: grace,
                isReady: isReady,
                onLine: output.writer(for: entry.name, colour: index),
                onEvent: report
            )
            return (name: entry.name, service: process as any Service)
        }
        let logger = Logger(label: "fleet")
        try await ServiceGroup(processes, gracePeriod: longestStop, logger: logger, handlesSignals: false).run()
    }

    private func environment(metricsPort: Int) -> [String: String] {
        var environment = configuration.environment
        environment["METRICS_PORT"] = String(metricsPort)
        // The processes write to pipes: whether a person reads them in the end is known only here.
        if sink.isTerminal && environment["LOG_FORMAT"] == nil { environment["LOG_FORMAT"] = "text" }
        return environment
    }

    /// Passes events on, notices when all are ready, and prints what a person wants to know.
    private func report(to line: @escaping @Sendable ([UInt8]) -> Void) -> @Sendable (FleetEvent) -> Void {
        let names = Set(configuration.procfile.entries.map(\.name))
        let ready = Lock<Set<String>>([])
        return { [onEvent] event in
            line(Array(event.description.utf8))
            onEvent(event)
            let isComplete = ready.withLock { ready in
                switch event {
                case .ready(let name): return ready.insert(name).inserted && ready == names
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
