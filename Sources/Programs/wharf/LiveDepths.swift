import AMQP

/// How many messages are ready, as the broker answers it over AMQP: the management API's numbers are up to five seconds old.
actor LiveDepths {
    /// The fleet looks every two seconds.
    private static let patience: Duration = .seconds(1)

    private let configuration: AMQPConfiguration
    private var session: AMQPSession?
    /// A question to a broker that answers nothing cannot be taken back: there is one at a time.
    private var isAsking = false

    init(_ configuration: AMQPConfiguration) { self.configuration = configuration }

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

    private func ask(_ queues: [String]) async -> [String: Int] {
        defer { isAsking = false }
        var depths: [String: Int] = [:]
        do {
            let session = if let session { session } else { try await AMQPSession(configuration) }
            self.session = session
            for queue in queues { depths[queue] = try await session.messageCount(queue) }
        } catch {
            // A channel on which a question failed is closed: the next look connects anew.
            await close()
        }
        return depths
    }

    func close() async {
        await session?.close()
        session = nil
    }
}
