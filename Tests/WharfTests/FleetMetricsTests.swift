import Fleet
import Foundation
import Observability
import Testing

@testable import wharf

@Suite struct FleetMetricsTests {
    /// The fleet's own metrics are those of the table in docs/operations.md; the programs' are compared by `MetricsTests`.
    @Test func theTableListsThem() throws {
        let procfile = try Procfile(parsing: "worker: true")
        let supervisor = Supervisor(.init(procfile: procfile, directory: "/", firstMetricsPort: 9_900))
        FleetStatusServer.registerMetrics(of: supervisor)
        let shown = MetricsRegistry.shared.render().split(separator: "\n")
            .filter { $0.hasPrefix("# TYPE fleet_") }.map { $0.split(separator: " ").suffix(2).joined(separator: " ") }
        let listed = try String(contentsOfFile: "docs/operations.md", encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `fleet_") }
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(listed.map { "\($0[0].dropFirst().dropLast()) \($0[1])" } == shown)
        #expect(listed.allSatisfy { $0[3] == "fleet" })
    }
}
