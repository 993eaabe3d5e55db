/// Takes jobs to a broker.
public protocol JobPublisher: Sendable {
    /// Publishes to ``Topology/exchange`` and returns when the broker has confirmed that it keeps the job.
    func publish(_ envelope: JobEnvelope) async throws(JobPublishError)

    /// Puts a job into one queue by its name, past the exchange; returns when the broker has confirmed it.
    func send(_ envelope: JobEnvelope, toQueue queue: String) async throws(JobPublishError)

    /// Publishes several jobs, where the broker can do so with their confirms in flight at once.
    ///
    /// - Returns: for each of them, in their order, nil when the broker keeps it, and otherwise why not.
    func publish(_ batch: [JobEnvelope]) async -> [JobPublishError?]
}

extension JobPublisher {
    /// One after the other.
    public func publish(_ batch: [JobEnvelope]) async -> [JobPublishError?] {
        var answers: [JobPublishError?] = []
        for envelope in batch {
            do throws(JobPublishError) {
                try await publish(envelope)
                answers.append(nil)
            } catch {
                answers.append(error)
            }
        }
        return answers
    }
}

/// Why a job was not published, or may not have been.
public struct JobPublishError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: String, CaseIterable, Sendable {
        /// No queue takes this job: the topology on the broker is not the one in `queues/`.
        case unroutable
        /// The broker refused it, for now.
        case nacked
        /// There is no connection, it was lost before the confirm, or the broker takes nothing at the moment. The job may
        /// have been published or not.
        case unavailable
    }

    /// What kind of failure it was.
    public let code: Code
    /// What went wrong, for an operator.
    public let message: String

    /// Made by adapters of brokers.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}

/// Thrown by a handler that publishes: its own job runs again later.
extension JobPublishError: JobFailure {
    /// A broker that is out of reach or takes nothing says nothing about the job, which then spends no attempt.
    public var outcome: Outcome {
        switch code {
        case .unavailable, .nacked: .snooze(for: .seconds(5))
        case .unroutable: .retry(reason: description)
        }
    }
}
