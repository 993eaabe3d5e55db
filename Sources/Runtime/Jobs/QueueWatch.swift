public import Lifecycle
public import Observability
public import Topology

/// Shows what waits in each queue and who consumes it, also where no worker runs that could tell.
public final class QueueWatch: Service {
    private let queues: [QueueDefinition]
    private let broker: any JobBroker
    private let pause: Duration
    private let metrics: MetricsRegistry
    /// Of the queues that nobody consumes; the workers know better about the others.
    private let ages: [String: QueueAge]
    private let logger = Logger(label: "jobs.watch")

    /// - Parameter pause: between two looks.
    public init(
        topology: Topology,
        broker: any JobBroker,
        pause: Duration = .seconds(5),
        metrics: MetricsRegistry = .shared
    ) {
        queues = topology.queues
        self.broker = broker
        self.pause = pause
        self.metrics = metrics
        ages = Dictionary(
            uniqueKeysWithValues: topology.queues.map { ($0.name, QueueAge(queue: $0.name, metrics: metrics)) }
        )
        metrics.declare("queue_messages_ready", help: Self.readyHelp, kind: .gauge)
        metrics.declare("queue_consumers", help: Self.consumersHelp, kind: .gauge)
    }

    /// Looks until cancelled.
    public func run() async throws {
        // Not waited for at the end: a broker that does not answer must not hold it up.
        let looking = Task { await lookAgainAndAgain() }
        defer { looking.cancel() }
        for await _ in AsyncStream.makeStream(of: Never.self).stream {}
    }

    private func lookAgainAndAgain() async {
        while !Task.isCancelled {
            do {
                for queue in queues { try await look(at: queue) }
            } catch {
                if Task.isCancelled { return }
                logger.info("Broker cannot be asked what waits; trying again", [.error: .describing(error)])
            }
            try? await Task.sleep(for: pause)
        }
    }

    private func look(at queue: QueueDefinition) async throws {
        let working = queue.workedQueues
        let depths = try await broker.depths(of: working + [queue.suspectQueue, queue.deadQueue])
        for (name, depth) in depths {
            metrics.gauge("queue_messages_ready", help: Self.readyHelp, labels: ["queue": name]).set(depth.ready)
            metrics.gauge("queue_consumers", help: Self.consumersHelp, labels: ["queue": name]).set(depth.consumers)
        }
        let unconsumed = working.compactMap { depths[$0] }.filter { $0.consumers == 0 }
        ages[queue.name]?.looked(ready: unconsumed.reduce(0) { $0 + $1.ready })
    }

    private static let readyHelp = "Messages that wait in the queue."
    private static let consumersHelp = "Subscriptions to the queue."
}
