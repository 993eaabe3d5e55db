import Configuration
package import Lifecycle
import Observability
import WorkerProgram

/// Runs one of the shop's programs.
package enum Program {
    /// Reads the configuration, composes the services, runs them until SIGTERM or SIGINT, and exits: see
    /// ``ProgramShell``.
    ///
    /// The services start after the shared parts that `compose` asked for and stop before them, so they may lean on those
    /// to their end.
    ///
    /// - Parameters:
    ///   - name: the program's, as in the Procfile.
    ///   - role: which database role the program works with.
    ///   - compose: makes the program's own services, in start order.
    package static func run(
        _ name: String,
        role: ProgramParts.DatabaseRole,
        compose: (ProgramParts) async throws -> [(name: String, service: any Service)]
    ) async -> Never {
        Build.registerMetric(program: name)
        let build =
            ["version": .string(Build.version), "configuration": .string(Build.configuration)] as [LogKey: LogValue]
        await ProgramShell.run(name, fields: build) { environment in
            let parts = try await ProgramParts(name: name, role: role, environment: environment)
            let services = try await compose(parts)
            return ProgramShell.Composition(parts.framing(services), gracePeriod: parts.gracePeriod) {
                await parts.close()
            }
        }
    }
}
