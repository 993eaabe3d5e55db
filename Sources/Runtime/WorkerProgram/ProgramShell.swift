package import Configuration
import Foundation
package import Lifecycle
import OTLP
package import Observability
import Topology

/// A program from its first line to its exit status.
package enum ProgramShell {
    /// Exit statuses. The second one is EX_CONFIG of sysexits.h: starting again without a change is useless.
    private enum Exit {
        static let failure: Int32 = 1
        static let configuration: Int32 = 78
    }

    /// What a program is composed of.
    package struct Composition {
        let services: [(name: String, service: any Service)]
        let gracePeriod: Duration
        let close: () async -> Void

        /// - Parameters:
        ///   - services: in start order; they are stopped in the reverse order.
        ///   - gracePeriod: how long all of them together may take to stop.
        ///   - close: called when all services have stopped.
        package init(
            _ services: [(name: String, service: any Service)],
            gracePeriod: Duration,
            close: @escaping () async -> Void = {}
        ) {
            self.services = services
            self.gracePeriod = gracePeriod
            self.close = close
        }
    }

    /// Reads the configuration, composes the services, runs them until SIGTERM or SIGINT, and exits: 0 after a clean stop,
    /// 78 when the configuration is wrong, 1 for any other failure.
    ///
    /// - Parameters:
    ///   - fields: of the first log line, such as the version.
    ///   - compose: makes the services from the environment.
    package static func run(
        _ name: String,
        fields: [LogKey: LogValue] = [:],
        compose: (Environment) async throws -> Composition
    ) async -> Never {
        // A client that hangs up must not end the program; writes report it instead.
        signal(SIGPIPE, SIG_IGN)
        let composition: Composition
        let traces: (any Service)?
        do {
            let environment = Environment()
            LogSystem.bootstrap(
                service: name,
                level: try environment.value(Settings.logLevel),
                format: try environment.value(Settings.logFormat)
            )
            traces = try environment.tracing(name)
            composition = try await compose(environment)
        } catch let error where error is SettingError || error is TopologyError {
            FileHandle.standardError.write(Data("\(name): \(error)\n".utf8))
            exit(Exit.configuration)
        } catch {
            Logger(label: "program").error("Program cannot start", [.error: .describing(error)])
            exit(Exit.failure)
        }
        ProcessMetrics.register()
        Logger(label: "program").notice("Program starts", fields)
        do {
            // First and so stopped last: the others' last spans go out too.
            let services = (traces.map { [("traces", $0)] } ?? []) + composition.services
            try await ServiceGroup(services, gracePeriod: composition.gracePeriod).run()
            await composition.close()
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
