import Foundation
import Testing
import Topology

@testable import Jobs

@Suite struct SettlementPolicyTests {
    private let now = Date(timeIntervalSince1970: 1_700_000_000)
    private let policy: SettlementPolicy
    private let envelope = JobEnvelope(id: "1", name: "a.b", body: [1, 2], headers: ["x-mine": "kept"])

    init() throws {
        let queue = try QueueDefinition(name: "q", bindings: ["a.b"], retry: .init(rungsSeconds: [5], attempts: 2))
        policy = SettlementPolicy(queue: queue, worker: "host:1")
    }

    private func decide(_ verdict: Verdict, _ envelope: JobEnvelope? = nil) -> SettlementPolicy.Decision {
        policy.decide(verdict, for: envelope ?? self.envelope, at: now, coin: true)
    }

    @Test func acksWhatIsDone() {
        #expect(decide(.finished(.done)) == .init(settlement: .ack, outcome: "done"))
    }

    @Test func remembersTheFirstFailureOverRetries() throws {
        guard case .move(let retried, to: "q.retry.5s") = decide(.finished(.retry(reason: "x"))).settlement else {
            throw Unexpected()
        }
        #expect(retried.attempt == 2)
        #expect(retried.firstFailureAt == now)
        #expect(retried.headers == envelope.headers)
        var old = retried
        old.firstFailureAt = now - 60
        guard case .move(let dead, to: "q.dead") = decide(.finished(.retry(reason: "x")), old).settlement else {
            throw Unexpected()
        }
        let letter = try #require(DeadLetter(dead))
        #expect(letter.firstFailureAt == now - 60)
        #expect(letter.lastFailureAt == now)
        #expect(letter.attempts == 2)
        #expect(dead.headers["x-mine"] == "kept")
        #expect(dead.headers["x-wharf-original-routing-key"] == "a.b")
    }

    @Test func snoozesWithTheSameAttempt() {
        let expected = SettlementPolicy.Decision(settlement: .move(envelope, to: "q.retry.5s"), outcome: "snooze")
        #expect(decide(.finished(.snooze(for: .seconds(1)))) == expected)
    }

    @Test(arguments: [
        (Verdict.finished(.reject(reason: "no")), DeathCause.rejected),
        (.undecodable(reason: "bad", errorType: "DecodingError"), .undecodable),
        (.unknownJob, .unknownJob),
    ])
    func buries(_ verdict: Verdict, _ cause: DeathCause) throws {
        let decision = decide(verdict)
        #expect(decision.death == cause)
        guard case .move(let dead, to: "q.dead") = decision.settlement else { throw Unexpected() }
        #expect(DeadLetter(dead)?.attempts == 1)
        #expect(DeadLetter(dead)?.worker == "host:1")
    }

    @Test func buriesAtOnceWhatAnotherRunCannotCure() throws {
        let queue = try QueueDefinition(
            name: "q",
            bindings: ["a.b"],
            retry: .init(rungsSeconds: [5], attempts: 9, never: ["CardExpired"])
        )
        let policy = SettlementPolicy(queue: queue, worker: "host:1")
        func decide(_ errorType: String?) -> SettlementPolicy.Decision {
            let verdict = Verdict.finished(.retry(reason: "the card is too old"), errorType: errorType)
            return policy.decide(verdict, for: envelope, at: now, coin: true)
        }
        #expect(decide("NetworkDown").death == nil)
        #expect(decide(nil).death == nil)
        let decision = decide("CardExpired")
        #expect(decision.death == .notRetriable)
        guard case .move(let dead, to: "q.dead") = decision.settlement else { throw Unexpected() }
        let letter = try #require(DeadLetter(dead))
        #expect(letter.reason == "the card is too old")
        #expect(letter.errorType == "CardExpired")
        #expect(letter.attempts == 1)
    }

    @Test func anUrgentJobReturnsToTheUrgentOnesAndDiesWithTheOthers() throws {
        let queue = try QueueDefinition(
            name: "q",
            bindings: ["a.b"],
            retry: .init(rungsSeconds: [5], attempts: 2),
            urgent: .init(share: 80)
        )
        let policy = SettlementPolicy(queue: queue, worker: "host:1")
        let urgent = JobEnvelope(id: "1", name: "a.b", body: [], routingKey: "a.b.urgent")
        func target(_ verdict: Verdict, _ envelope: JobEnvelope) -> String? {
            let decision = policy.decide(verdict, for: envelope, at: now, coin: true)
            return if case .move(_, let queue) = decision.settlement { queue } else { nil }
        }
        #expect(target(.finished(.retry(reason: "x")), urgent) == "q.urgent.retry.5s")
        #expect(target(.finished(.snooze(for: .seconds(1))), urgent) == "q.urgent.retry.5s")
        #expect(target(.finished(.reject(reason: "x")), urgent) == "q.dead")
        #expect(target(.suspect, urgent) == "q.suspect")
        #expect(target(.finished(.retry(reason: "x")), envelope) == "q.retry.5s")
    }

    @Test func leavesWhatWasInterruptedAndMovesSuspects() {
        #expect(decide(.interrupted).settlement == .leave)
        #expect(decide(.suspect).settlement == .move(envelope, to: "q.suspect"))
    }

    @Test func cutsAReasonThatWouldBurstTheFrame() throws {
        let reason = String(repeating: "x", count: 100_000)
        guard case .move(let dead, _) = decide(.finished(.reject(reason: reason))).settlement else {
            throw Unexpected()
        }
        #expect(DeadLetter(dead)?.reason.count == 1_000)
    }

    private struct Unexpected: Error {}
}
