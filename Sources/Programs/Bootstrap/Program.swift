import Foundation
package import Lifecycle
import Observability
import Topology

/// Runs a program from its first line to its exit status.
package enum Program {
    /// Exit statuses. The second one is EX_CONFIG of sysexits.h: starting again without a change is useless.
    enum Exit {
        static let failure: Int32 = 1
        static let configuration: Int32 = 78
    }

    /// Reads the configuration, composes the services, runs them until SIGTERM or SIGINT, and exits: 0 after a clean stop,
    /// 78 when the configuration is wrong, 1 for any other failure.
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
        // A client that hangs up must not end the program; writes report it instead.
        signal(SIGPIPE, SIG_IGN)
        let parts: ProgramParts
        let services: [(name: String, service: any Service)]
        do {
            let environment = Environment()
            LogSystem.bootstrap(
                service: name,
                level: try environment.value(Settings.logLevel),
                format: try environment.value(Settings.logFormat)
            )
            parts = try await ProgramParts(name: name, role: role, environment: environment)
            services = try await compose(parts)
        } catch let error where error is SettingError || error is TopologyError {
            FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
            exit(Exit.configuration)
        } catch {
            Logger(label: "program").error("Program cannot start", [.error: .describing(error)])
            exit(Exit.failure)
        }
        ProcessMetrics.register()
        Build.registerMetric(program: name)
        Logger(label: "program").notice(
            "Program starts",
            ["version": .string(Build.version), "configuration": .string(Build.configuration)]
        )
        do {
            try await ServiceGroup(parts.framing(services), gracePeriod: parts.gracePeriod).run()
            await parts.close()
            leave(EXIT_SUCCESS)
        } catch {
            Logger(label: "program").error("Program failed", [.error: .describing(error)])
            leave(Exit.failure)
        }
    }

    /// Ends the process without the exit handlers of C libraries, which would take things away from under connections
    /// that their threads are still closing.
    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}
