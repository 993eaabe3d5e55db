import Foundation
package import Jobs
import Observability
package import Topology

/// Makes brokers for the conformance suite.
package protocol JobBrokerHarness: Sendable {
    /// Runs `body` with a broker that has this topology and nothing else on it.
    func withBroker(_ topology: Topology, _ body: @Sendable (any JobBroker) async throws -> Void) async throws
}

/// What a worker relies on, whatever the broker: each case is run against every implementation.
package enum JobBrokerConformance: String, CaseIterable, Sendable {
    // The broker by itself.
    case envelopeSurvivesTheWay
    case unroutableIsRefused
    case missingQueuesAreNamed
    case depthsAreCounted
    case ackedIsForgotten
    case unsettledIsHandedOutAgain
    case requeuedIsHandedOutAgain
    case prefetchLimitsWhatIsOut
    case stoppedConsumerCanStillSettle
    case pausedConsumerGetsNothingAndSettles
    case pausedBeforeItRunsIsPaused
    case pausingAgainAndAgainRedeliversNothing
    case rungReturnsTheJob
    case deliveryLimitDeadLetters
    // A worker on it.
    case workerDoesJobs
    case workerRetriesAndGivesUp
    case workerBuriesTheRejected
    case workerBuriesTheUndecodable
    case workerBuriesTheUnknown
    case workerSnoozesWithoutSpendingAttempts
    case workerEnforcesTheDeadline
    case workerRunsBatches
    case workerStopsGracefully
    case workerGivesBackWhatItDidNotStart
    case workerLeavesWhatOutlivesTheGracePeriod
    case workerMovesSuspectsAside
    case workerNamesMissingQueues
    case workerGivesBackWhatItHasNotStartedWhenPaused
    case workerOfAPausedQueueTakesNothing

    package func check(on harness: some JobBrokerHarness) async throws {
        let topology = try Topology([Fixture.queue])
        try await harness.withBroker(topology) { broker in
            switch self {
            case .envelopeSurvivesTheWay: try await Self.envelopeSurvivesTheWay(broker)
            case .unroutableIsRefused: try await Self.unroutableIsRefused(broker)
            case .missingQueuesAreNamed: try await Self.missingQueuesAreNamed(broker)
            case .depthsAreCounted: try await Self.depthsAreCounted(broker)
            case .ackedIsForgotten: try await Self.ackedIsForgotten(broker)
            case .unsettledIsHandedOutAgain: try await Self.unsettledIsHandedOutAgain(broker)
            case .requeuedIsHandedOutAgain: try await Self.requeuedIsHandedOutAgain(broker)
            case .prefetchLimitsWhatIsOut: try await Self.prefetchLimitsWhatIsOut(broker)
            case .stoppedConsumerCanStillSettle: try await Self.stoppedConsumerCanStillSettle(broker)
            case .pausedConsumerGetsNothingAndSettles: try await Self.pausedConsumerGetsNothingAndSettles(broker)
            case .pausedBeforeItRunsIsPaused: try await Self.pausedBeforeItRunsIsPaused(broker)
            case .pausingAgainAndAgainRedeliversNothing:
                try await Self.pausingAgainAndAgainRedeliversNothing(broker)
            case .rungReturnsTheJob: try await Self.rungReturnsTheJob(broker)
            case .deliveryLimitDeadLetters: try await Self.deliveryLimitDeadLetters(broker)
            case .workerDoesJobs: try await Self.workerDoesJobs(broker)
            case .workerRetriesAndGivesUp: try await Self.workerRetriesAndGivesUp(broker)
            case .workerBuriesTheRejected: try await Self.workerBuriesTheRejected(broker)
            case .workerBuriesTheUndecodable: try await Self.workerBuriesTheUndecodable(broker)
            case .workerBuriesTheUnknown: try await Self.workerBuriesTheUnknown(broker)
            case .workerSnoozesWithoutSpendingAttempts: try await Self.workerSnoozesWithoutSpendingAttempts(broker)
            case .workerEnforcesTheDeadline: try await Self.workerEnforcesTheDeadline(broker)
            case .workerRunsBatches: try await Self.workerRunsBatches(broker)
            case .workerStopsGracefully: try await Self.workerStopsGracefully(broker)
            case .workerGivesBackWhatItDidNotStart: try await Self.workerGivesBackWhatItDidNotStart(broker)
            case .workerLeavesWhatOutlivesTheGracePeriod:
                try await Self.workerLeavesWhatOutlivesTheGracePeriod(broker)
            case .workerMovesSuspectsAside: try await Self.workerMovesSuspectsAside(broker)
            case .workerNamesMissingQueues: try await Self.workerNamesMissingQueues(broker)
            case .workerGivesBackWhatItHasNotStartedWhenPaused:
                try await Self.workerGivesBackWhatItHasNotStartedWhenPaused(broker)
            case .workerOfAPausedQueueTakesNothing: try await Self.workerOfAPausedQueueTakesNothing(broker)
            }
        }
    }
}

/// What did not hold.
package struct ConformanceFailure: Error, CustomStringConvertible {
    package let description: String
}

func require(_ holds: Bool, _ what: @autoclosure () -> String, line: Int = #line) throws {
    guard holds else { throw ConformanceFailure(description: "line \(line): \(what())") }
}

func require<Value: Equatable>(_ value: Value, is expected: Value, line: Int = #line) throws {
    try require(value == expected, "\(value) instead of \(expected)", line: line)
}

/// A job with nothing to it but a text.
package struct Greet: Job, Equatable {
    package static let name = "test.greet"
    package let text: String
    package init(_ text: String) { self.text = text }
}

enum Fixture {
    static var queue: QueueDefinition {
        get throws { try definition() }
    }

    static func definition(deadlineSeconds: Int = 30) throws -> QueueDefinition {
        try QueueDefinition(
            name: "test.greetings",
            bindings: ["test.greet", "test.other"],
            concurrency: 4,
            deadlineSeconds: deadlineSeconds,
            deliveryLimit: 3,
            retry: .init(rungsSeconds: [1], attempts: 2)
        )
    }
}

/// A consumer whose deliveries a test takes one by one.
final class Tap: Sendable {
    let deliveries = Mailbox<JobDelivery>()
    let consumer: any JobConsumer
    private let running: Task<Void, any Error>

    convenience init(_ broker: any JobBroker, _ queue: String, prefetch: Int = 10) {
        self.init(broker.consumer(of: queue, prefetch: prefetch))
    }

    init(_ consumer: any JobConsumer) {
        self.consumer = consumer
        running = Task { [deliveries] in try await consumer.run { deliveries.put($0) } }
    }

    func next() async throws -> JobDelivery { try await deliveries.next() }

    /// Ends the connection; what is unsettled goes back.
    func close() async {
        await consumer.flush()
        running.cancel()
        _ = await running.result
    }
}
