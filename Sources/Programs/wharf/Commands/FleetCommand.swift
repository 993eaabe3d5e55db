import Bootstrap
import Configuration
import Fleet
import Foundation
import HTTPClient
import Lifecycle
import Observability
import Topology

/// `wharf fleet`: the programs of the Procfile under one supervisor, as many processes of each as its queues ask for.
enum FleetCommand {
    // `fleet` alone comes last: the words of the others begin with it.
    static let all = FleetControlCommands.all + FleetSimulateCommand.all + [run]

    static let procfileOption = Command.Option.value("procfile", "FILE", "which one (Procfile)")

    private static let run = Command(
        path: ["fleet"],
        summary:
            "Runs the programs of the Procfile, as many processes of each as its queues ask for: restarts what ends, "
            + "and stops all in order on Ctrl-C or SIGTERM.",
        options: [procfileOption]
    ) { invocation in
        let (path, procfile) = try readProcfile(invocation)
        let environment = Environment()
        let metricsPort = try environment.value(Settings.metricsPort)
        let plan = PortPlan(base: metricsPort, programs: procfile.entries.count)
        let world = try FleetWorld(environment)
        let supervisor = Supervisor(
            .init(
                procfile: procfile,
                directory: URL(fileURLWithPath: path).deletingLastPathComponent().path,
                firstMetricsPort: metricsPort,
                gracePeriod: .seconds(try environment.value(Settings.shutdownGraceSeconds)),
                scaling: try scaling(environment, world, procfile, plan)
            )
        )
        FleetStatusServer.registerMetrics(of: supervisor)
        ProcessMetrics.register()
        Build.registerMetric(program: "fleet")
        let services: [(name: String, service: any Service)] = [
            (name: "status", service: FleetStatusServer.make(port: plan.fleet, supervisor)),
            (name: "fleet", service: supervisor),
        ]
        let logger = Logger(label: "fleet")
        var failure: (any Error)?
        do {
            try await ServiceGroup(services, gracePeriod: supervisor.longestStop, logger: logger).run()
        } catch { failure = error }
        await world.close()
        if let failure { throw failure }
        return .success
    }

    static func readProcfile(_ invocation: Invocation) throws -> (path: String, Procfile) {
        let path = invocation.values["procfile"] ?? "Procfile"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure("cannot read \(path)")
        }
        do { return (path, try Procfile(parsing: text)) } catch { throw CommandFailure("\(path): \(error)") }
    }

    /// `nil`, with a word about it, where nobody could say how the queues are.
    private static func scaling(
        _ environment: Environment,
        _ world: FleetWorld,
        _ procfile: Procfile,
        _ plan: PortPlan
    ) throws -> Supervisor.Scaling? {
        guard let sources = world.sources else {
            complain(
                "wharf: AMQP_MANAGEMENT_URL is not set: each program gets one process, whatever its queues ask for"
            )
            return nil
        }
        let topology = try Topology.load(directory: try environment.value(Settings.queuesDirectory))
        for queue in topology.queues {
            let scaling = queue.scaling
            if let program = scaling.program, !procfile.entries.contains(where: { $0.name == program }) {
                complain("wharf: warning: \(queue.name) is worked by \(program), which the Procfile does not list")
            } else if scaling.program != nil && scaling.max > plan.mostProcesses {
                throw CommandFailure(
                    "\(queue.name) may have \(scaling.max) workers, and behind METRICS_PORT \(plan.base) there are ports "
                        + "for \(plan.mostProcesses): set it to a lower one"
                )
            }
        }
        return Supervisor.Scaling(
            topology: topology,
            sources: sources,
            concurrency: try environment.optional(Settings.workerConcurrency)
        )
    }
}
