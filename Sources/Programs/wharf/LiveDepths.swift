import AMQP
import Jobs
import JobsAMQP

/// How many messages are ready, as the broker answers it over AMQP: the management API's numbers are up to five seconds old.
actor LiveDepths {
    /// The fleet looks every two seconds.
    private static let patience: Duration = .seconds(1)

    private let probe: QueueProbe
    /// A question to a broker that answers nothing cannot be taken back: there is one at a time.
    private var isAsking = false

    init(_ configuration: AMQPConfiguration) { probe = QueueProbe(configuration) }

    /// By queue. Those are missing that the broker did not answer for within a second.
    func ready(_ queues: [String]) async -> [String: Int] {
        if isAsking { return [:] }
        isAsking = true
        let (answers, answer) = AsyncStream.makeStream(of: [String: Int].self)
        Task { answer.yield(await ask(queues)) }
        let timer = Task {
            try? await Task.sleep(for: Self.patience)
            answer.yield([:])
        }
        defer { timer.cancel() }
        return await answers.first { _ in true } ?? [:]
    }

    /// Without an answer the management API's number stands.
    private func ask(_ queues: [String]) async -> [String: Int] {
        defer { isAsking = false }
        return ((try? await probe.depths(of: queues)) ?? [:]).mapValues(\.ready)
    }

    func close() async { await probe.close() }
}
