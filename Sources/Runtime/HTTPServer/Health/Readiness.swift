import Observability
import Synchronization

/// Whether the program may get traffic, found by asking what it depends on.
package actor Readiness {
    private struct Check {
        let name: String
        let isVital: Bool
        let probe: @Sendable () async throws -> Bool
    }

    /// Anybody may ask as often as he likes: the checks run once in this time.
    private static let freshness: Duration = .seconds(1)
    /// What has not answered by then is down.
    private let timeout: Duration
    private let logger = Logger(label: "readiness")
    private let isStopping = Atomic(false)
    private var checks: [Check] = []
    private var states: [String: ReadinessReport.State] = [:]
    private var round: (started: ContinuousClock.Instant, report: Task<ReadinessReport, Never>)?

    package init(timeout: Duration = .seconds(2)) { self.timeout = timeout }

    /// Adds a check, in place of one with the same name.
    ///
    /// - Parameters:
    ///   - isVital: without it the program is unavailable, otherwise degraded.
    ///   - probe: answers whether it is up; an error means that it is not.
    package func add(_ name: String, isVital: Bool, probe: @escaping @Sendable () async throws -> Bool) {
        checks.removeAll { $0.name == name }
        checks.append(Check(name: name, isVital: isVital, probe: probe))
    }

    /// From now on load balancers are told to look elsewhere.
    package nonisolated func beginStopping() { isStopping.store(true, ordering: .relaxed) }

    package func report() async -> ReadinessReport {
        if let round, round.started.duration(to: .now) < Self.freshness { return await round.report.value }
        let task = Task { await run() }
        round = (.now, task)
        return await task.value
    }

    private func run() async -> ReadinessReport {
        let found = await withTaskGroup(of: (Check, ReadinessReport.State).self) { group in
            for check in checks { group.addTask { (check, await self.state(of: check)) } }
            var found: [(Check, ReadinessReport.State)] = []
            for await answer in group { found.append(answer) }
            return found
        }
        let isUnavailable = found.contains { $0.0.isVital && $0.1 == .down }
        let isDegraded = found.contains { $0.1 == .down }
        let status: ReadinessReport.Status =
            isStopping.load(ordering: .relaxed)
            ? .stopping : isUnavailable ? .unavailable : isDegraded ? .degraded : .ready
        return ReadinessReport(
            status: status,
            checks: Dictionary(uniqueKeysWithValues: found.map { ($0.0.name, $0.1) })
        )
    }

    private func state(of check: Check) async -> ReadinessReport.State {
        let (answers, answer) = AsyncStream.makeStream(of: Result<Bool, any Error>.self)
        // Not awaited beyond the timeout: a client library may be stuck where cancellation does not reach.
        let probing = Task {
            do { answer.yield(.success(try await check.probe())) } catch { answer.yield(.failure(error)) }
        }
        let timing = Task { [timeout] in
            try? await Task.sleep(for: timeout)
            answer.yield(.failure(TimedOut(after: timeout)))
        }
        defer {
            probing.cancel()
            timing.cancel()
        }
        let result = await answers.first { _ in true } ?? .success(false)
        let state: ReadinessReport.State = if case .success(true) = result { .up } else { .down }
        logChange(of: check.name, to: state, result)
        return state
    }

    private func logChange(of name: String, to state: ReadinessReport.State, _ result: Result<Bool, any Error>) {
        let before = states.updateValue(state, forKey: name)
        guard before != state else { return }
        switch (state, result) {
        case (.up, _) where before != nil: logger.notice("Dependency is up again", [.name: .string(name)])
        case (.up, _): break
        case (.down, .failure(let error)):
            logger.warning("Dependency is down", [.name: .string(name), .error: .describing(error)])
        case (.down, .success): logger.warning("Dependency is down", [.name: .string(name)])
        }
    }
}

private struct TimedOut: Error, CustomStringConvertible {
    let after: Duration
    var description: String { "no answer within \(after)" }
}
