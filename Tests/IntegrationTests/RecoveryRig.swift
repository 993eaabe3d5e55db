import AMQP
import Foundation
import Jobs
import JobsAMQP
import Observability
import TestSupport
import Testing
import Threading
import Topology

/// A worker on a queue `q` that reaches its broker through a proxy, with what it did, counted and said.
final class RecoveryRig: Sendable {
    /// With a queue `p` beside `q`, for what goes astray.
    static var topology: Topology {
        get throws {
            let retry = QueueDefinition.Retry(rungsSeconds: [1], attempts: 2)
            return try Topology([
                try QueueDefinition(name: "p", bindings: ["test.astray"], retry: retry),
                try QueueDefinition(name: "q", bindings: ["test.greet"], concurrency: 8, retry: retry),
            ])
        }
    }

    private struct Handler: JobHandler {
        let body: @Sendable (Greet) async -> Void

        func handle(_ payload: Greet, context: JobContext) async throws -> Outcome {
            await body(payload)
            return .done
        }
    }

    let server: TestBroker
    let proxy: MisbehavingProxy
    let jobs: AMQPBroker
    /// Until it is open, runs of the job `held` do not end.
    let mayEnd = Gate()
    let prefetch = 16
    private let metrics = MetricsRegistry()
    private let log = LogRecorder()
    private let counts = Lock<[String: Int]>([:])
    private let started = Mailbox<Void>()

    /// - Parameter url: in place of the proxy's.
    init(_ server: TestBroker, idleCheck: Duration = .seconds(15), url: String? = nil) throws {
        self.server = server
        proxy = try MisbehavingProxy(to: server.port)
        jobs = try AMQPBroker(
            url: url ?? server.url(port: proxy.port),
            application: "tests",
            idleCheck: idleCheck,
            logger: log.logger,
            metrics: metrics
        )
    }

    /// Runs `body` beside a working worker; then it is stopped, and its queues must be empty.
    static func with(
        on node: BrokerNode? = nil,
        idleCheck: Duration = .seconds(15),
        _ prepare: (MisbehavingProxy) -> Void = { _ in },
        _ body: (RecoveryRig) async throws -> Void
    ) async throws {
        try await withTestBroker(on: node) { server in
            try await server.apply(topology)
            let rig = try RecoveryRig(server, idleCheck: idleCheck)
            prepare(rig.proxy)
            let connecting = Task { try await rig.jobs.run() }
            let working = Task { try await rig.work() }
            var failure: (any Error)?
            do {
                try await body(rig)
                rig.mayEnd.open()
                // What was published once more for want of a confirm may be the last to come.
                try await eventually("nothing waits any more") { try await server.depth("q") == 0 }
            } catch { failure = error }
            rig.mayEnd.open()
            working.cancel()
            _ = await working.result
            connecting.cancel()
            _ = await connecting.result
            rig.proxy.close()
            if let failure { throw failure }
            for queue in ["q", "q.dead", "q.suspect"] { #expect(try await server.depth(queue) == 0) }
        }
    }

    private func work() async throws {
        guard let queue = try Self.topology.queue(named: "q") else { return }
        let handler = Handler { [self] greeting in
            counts.withLock { $0[greeting.text, default: 0] += 1 }
            if greeting.text == "held" {
                started.put(())
                await mayEnd.opened()
            }
        }
        try await Worker(queue: queue, broker: jobs, handlers: [handler], metrics: metrics).run()
    }

    // MARK: What is done

    /// Publishes until the broker has confirmed it.
    /// - Returns: how often it did not.
    @discardableResult
    func publish(_ text: String) async throws -> Int {
        let envelope = try JobEnvelope(Greet(text))
        var failures: [String] = []
        do {
            try await eventually("\(text) is published", within: .seconds(180)) {
                do {
                    try await jobs.publish(envelope)
                    return true
                } catch let error as JobPublishError {
                    failures.append("\(error)")
                    return false
                }
            }
        } catch {
            Issue.record("refused \(failures.count) times, in the end with: \(failures.suffix(3))")
            throw error
        }
        return failures.count
    }

    /// Has a job run that does not end.
    func hold() async throws {
        try await publish("held")
        try await started.next()
    }

    /// The job that is held was handed out again; now all its runs may end.
    func heldAgain() async throws {
        try await started.next(within: .seconds(120))
        mayEnd.open()
    }

    // MARK: What is seen

    /// How often each job was run.
    var runs: [String: Int] { counts.withLock { $0 } }

    func ran(_ expected: [String: Int]) async throws {
        try await eventually("\(expected) have run") {
            runs.keys.allSatisfy { expected[$0] != nil } && runs == expected
        }
    }

    /// The value of a series.
    func metric(_ series: String) -> Double? {
        metrics.render().split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    func events(_ event: String, on connection: String) -> Int {
        Int(metric(#"amqp_connection_events_total{connection="\#(connection)",event="\#(event)"}"#) ?? 0)
    }

    /// The event is counted, and its sentence was said.
    func reported(_ event: String, on connection: String, _ sentence: String) async throws {
        try await eventually("\(event) is counted for \(connection)") { events(event, on: connection) > 0 }
        try await eventually("somebody says: \(sentence)") { log.sentences.contains(sentence) }
    }
}
