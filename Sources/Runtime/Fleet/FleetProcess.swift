import Foundation
import Lifecycle

/// What became of a process of the fleet.
package enum FleetEvent: Sendable, Equatable {
    case started(name: String, processID: Int32, metricsPort: Int)
    /// Its `/health/ready` answered 200.
    case ready(name: String)
    /// Every process of the fleet is ready; said again after one of them was restarted.
    case allReady
    /// It ended by itself and will be started again.
    case restarting(name: String, exit: ProcessExit, after: Duration)
    /// It ended by itself, and starting it again would not help. The fleet stops.
    case gaveUp(name: String, exit: ProcessExit)
    case stopping(name: String)
    /// It ended after it had been told to.
    case stopped(name: String, exit: ProcessExit)
}

/// A process could not be kept running.
package struct FleetError: Error, CustomStringConvertible {
    package let process: String
    package let exit: ProcessExit

    package var description: String { "\(process) ended with \(exit); starting it again would not help" }
}

/// One process of the fleet, kept running until the service is cancelled.
struct FleetProcess: Service {
    let name: String
    let command: String
    let directory: String
    let environment: [String: String]
    let metricsPort: Int
    let policy: RestartPolicy
    let grace: SharedGrace
    /// Ends it before the fleet ends.
    let drain: DrainOrder
    let isReady: @Sendable (_ metricsPort: Int) async -> Bool
    let onLine: @Sendable ([UInt8]) -> Void
    let onEvent: @Sendable (FleetEvent) -> Void

    /// - Throws: ``FleetError`` when it cannot be kept running.
    func run() async throws {
        var restarts = RestartState(policy: policy)
        while !Task.isCancelled && !drain.isGiven {
            let start = ContinuousClock.now
            let exit = try await runOnce()
            if Task.isCancelled || drain.isGiven {
                onEvent(.stopped(name: name, exit: exit))
                return
            }
            switch restarts.decide(after: exit, ranFor: start.duration(to: .now)) {
            case .giveUp:
                onEvent(.gaveUp(name: name, exit: exit))
                throw FleetError(process: name, exit: exit)
            case .restart(let delay):
                onEvent(.restarting(name: name, exit: exit, after: delay))
                try await Task.sleep(for: delay)
                if drain.isGiven { return }
            }
        }
    }

    private func runOnce() async throws -> ProcessExit {
        let child = try await ChildProcess.start(
            command,
            directory: directory,
            environment: environment,
            onLine: onLine
        )
        onEvent(.started(name: name, processID: child.processID, metricsPort: metricsPort))
        drain.attach(child)
        let readiness = Task { await waitUntilReady() }
        defer { readiness.cancel() }
        return await withTaskCancellationHandler {
            await child.exit.value
        } onCancel: {
            // Who is draining has been told already, and now has no longer than the others.
            if drain.isGiven { return child.kill(after: grace.remaining()) }
            onEvent(.stopping(name: name))
            child.stop(grace: grace.remaining())
        }
    }

    private func waitUntilReady() async {
        while !Task.isCancelled {
            if await isReady(metricsPort) {
                if !Task.isCancelled { onEvent(.ready(name: name)) }
                return
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}
