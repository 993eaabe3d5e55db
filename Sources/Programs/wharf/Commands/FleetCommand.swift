import Bootstrap
import Configuration
import Fleet
import Foundation
import Lifecycle
import Observability

/// `wharf fleet`: the programs of the Procfile under one supervisor.
enum FleetCommand {
    static let all = [run]

    private static let run = Command(
        path: ["fleet"],
        summary: "Runs the programs of the Procfile: restarts what ends, and stops all in order on Ctrl-C or SIGTERM.",
        options: [.value("procfile", "FILE", "which one (Procfile)")]
    ) { invocation in
        let path = invocation.values["procfile"] ?? "Procfile"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw CommandFailure("cannot read \(path)")
        }
        let environment = Environment()
        let procfile: Procfile
        do { procfile = try Procfile(parsing: text) } catch { throw CommandFailure("\(path): \(error)") }
        let supervisor = Supervisor(
            .init(
                procfile: procfile,
                directory: URL(fileURLWithPath: path).deletingLastPathComponent().path,
                firstMetricsPort: try environment.value(Settings.metricsPort),
                gracePeriod: .seconds(try environment.value(Settings.shutdownGraceSeconds))
            )
        )
        let services: [(name: String, service: any Service)] = [(name: "fleet", service: supervisor)]
        let logger = Logger(label: "fleet")
        try await ServiceGroup(services, gracePeriod: supervisor.longestStop, logger: logger).run()
        return .success
    }
}
