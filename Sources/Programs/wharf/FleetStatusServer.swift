import Fleet
import HTTPServer
import Observability

/// What the running fleet says of itself: `/fleet`, and `/metrics` for Prometheus. On loopback only.
enum FleetStatusServer {
    static let path = "/fleet"

    static func make(port: Int, _ supervisor: Supervisor) -> HTTPServer {
        var router = Router()
        router.get(path) { _ in try .json(supervisor.status) }
        router.addMetrics()
        return HTTPServer(
            configuration: .init(
                host: "127.0.0.1",
                port: port,
                threads: 1,
                connectionLimit: 20,
                drainTimeout: .seconds(1)
            ),
            responder: Responder(router: router, middleware: [ProblemRenderer()])
        )
    }

    static func registerMetrics(of supervisor: Supervisor) {
        MetricsRegistry.shared.collect("fleet_processes", help: "Processes of a program, by what they do.") {
            supervisor.status.programs.flatMap { program in
                FleetStatus.Process.State.allCases.map { state in
                    MetricSample(
                        Double(program.processes.count { $0.state == state }),
                        labels: ["program": program.program, "state": state.rawValue]
                    )
                }
            }
        }
        MetricsRegistry.shared.collect("fleet_processes_wanted", help: "Processes that a program is to have.") {
            supervisor.status.programs.map {
                MetricSample(Double($0.wanted), labels: ["program": $0.program])
            }
        }
        MetricsRegistry.shared.collect("fleet_workers_asked", help: "Workers that a queue asks for.") {
            supervisor.status.programs.flatMap(\.queues).map {
                MetricSample(Double($0.workers), labels: ["queue": $0.queue])
            }
        }
        MetricsRegistry.shared.collect("fleet_is_blind", help: "1 while nobody can look at the queues.") {
            [MetricSample(supervisor.status.problem == nil ? 0 : 1)]
        }
    }
}
