import Postgres
import Testing

@testable import Database

@Suite struct ReplicaRoutingTests {
    private let limits = ReplicaRouting.Limits(lag: 1_000)
    private let start = ContinuousClock.now

    private func lsn(_ position: UInt64) -> PostgresLSN { PostgresLSN(position: position) }

    private func serving(_ positions: UInt64..., weights: [Int]? = nil) -> ReplicaRouting {
        var routing = ReplicaRouting(weights: weights ?? positions.map { _ in 1 }, limits: limits)
        for (index, position) in positions.enumerated() {
            for _ in 0..<limits.looksBeforeServing { _ = routing.saw(index, .replica(lsn(position))) }
        }
        return routing
    }

    @Test func replicasTakeTurns() {
        var routing = serving(10, 10)
        let chosen = (0..<4).map { _ in routing.choose(.any) }
        #expect(chosen[0] != chosen[1] && chosen[0] == chosen[2] && chosen[1] == chosen[3])
        #expect(Set([chosen[0], chosen[1]].map { "\($0)" }) == ["replica(0)", "replica(1)"])
    }

    @Test func turnsFollowTheWeights() {
        var routing = serving(10, 10, 10, weights: [3, 1, 0])
        var counts = [0, 0, 0]
        for _ in 0..<400 { if case .replica(let index) = routing.choose(.any) { counts[index] += 1 } }
        #expect(counts == [300, 100, 0])
        // Without a share a replica serves nobody, even where it alone could.
        routing = serving(10, weights: [0])
        #expect(routing.choose(.any) == .primary(.noReplica))
    }

    @Test func aReadThatMustSeeAPositionTakesAnyReplicaThatDoes() {
        var routing = serving(10, 20)
        for _ in 0..<3 {
            #expect(routing.choose(.after(lsn(15))) == .replica(1))
            #expect(routing.choose(.after(lsn(20))) == .replica(1))
            #expect(routing.choose(.after(lsn(10))) != .primary(.behind))
        }
        #expect(routing.choose(.after(lsn(21))) == .primary(.behind))
        #expect(routing.choose(.primary) == .primary(.asked))
        // Reads that only one can serve take nothing from the other's share of the rest.
        var counts = [0, 0]
        for _ in 0..<100 { if case .replica(let index) = routing.choose(.any) { counts[index] += 1 } }
        #expect(counts.allSatisfy { $0 >= 45 })
    }

    @Test func aReplicaServesOnlyAfterSeveralGoodLooks() {
        var routing = ReplicaRouting(weights: [1], limits: limits)
        #expect(routing.choose(.any) == .primary(.noReplica))
        for _ in 1..<limits.looksBeforeServing { #expect(routing.saw(0, .replica(lsn(1))) == .none) }
        #expect(routing.choose(.any) == .primary(.noReplica))
        // A look without an answer, and the count begins anew.
        #expect(routing.saw(0, .silent) == .none)
        for _ in 1..<limits.looksBeforeServing { #expect(routing.saw(0, .replica(lsn(1))) == .none) }
        #expect(routing.saw(0, .replica(lsn(1))) == .admitted)
        #expect(routing.choose(.any) == .replica(0))
    }

    @Test func aReplicaThatIsSilentOrFailsIsOut() {
        var routing = serving(10)
        #expect(routing.saw(0, .silent) == .none)
        #expect(routing.choose(.any) == .replica(0))
        #expect(routing.saw(0, .silent) == .ejected)
        #expect(routing.choose(.any) == .primary(.noReplica))
        routing = serving(10)
        #expect(routing.eject(0) == .ejected)
        #expect(routing.eject(0) == .none)
        #expect(routing.choose(.after(lsn(1))) == .primary(.noReplica))
        #expect(routing.lag(0) == nil)
    }

    @Test func aReplicaWithoutAPrimaryStaysButDoesNotComeBack() {
        var routing = serving(10)
        #expect(routing.saw(0, .replica(lsn(10), isReceiving: false)) == .none)
        #expect(routing.choose(.any) == .replica(0))
        #expect(routing.eject(0) == .ejected)
        for _ in 0..<5 { #expect(routing.saw(0, .replica(lsn(10), isReceiving: false)) == .none) }
        #expect(routing.choose(.any) == .primary(.noReplica))
    }

    @Test func aReplicaThatLagsIsOutUntilItHasCaughtUpWell() {
        var routing = serving(10)
        routing.sawPrimary(at: lsn(1_010), start)
        #expect(routing.saw(0, .replica(lsn(10))) == .none)
        routing.sawPrimary(at: lsn(1_011), start)
        #expect(routing.saw(0, .replica(lsn(10))) == .ejected)
        // Within the limit, but not within the half of it that the way back takes.
        for _ in 0..<5 { #expect(routing.saw(0, .replica(lsn(400))) == .none) }
        #expect(routing.choose(.any) == .primary(.noReplica))
        for _ in 1..<limits.looksBeforeServing { #expect(routing.saw(0, .replica(lsn(511))) == .none) }
        #expect(routing.saw(0, .replica(lsn(511))) == .admitted)
    }

    @Test func aReplicaWhoseDataIsOldIsOut() {
        var routing = serving(10)
        routing.sawPrimary(at: lsn(11), start)
        routing.sawPrimary(at: lsn(11), start + limits.delay)
        #expect(routing.saw(0, .replica(lsn(10))) == .none)
        routing.sawPrimary(at: lsn(11), start + limits.delay + .milliseconds(1))
        #expect(routing.saw(0, .replica(lsn(10))) == .ejected)
        // Nothing is missing on an idle primary, however long ago it wrote.
        routing = serving(11)
        routing.sawPrimary(at: lsn(11), start)
        routing.sawPrimary(at: lsn(11), start + .seconds(3_600))
        #expect(routing.saw(0, .replica(lsn(11))) == .none)
        #expect(routing.choose(.any) == .replica(0))
    }

    @Test func aPromotedReplicaIsNoticedOnceAndServesNoMore() {
        var routing = serving(10, 10)
        #expect(routing.eject(0) == .ejected)
        #expect(routing.saw(0, .primary) == .promoted)
        #expect(routing.saw(0, .primary) == .none)
        #expect(routing.choose(.any) == .replica(1))
        #expect(routing.replicas.count { $0.role != .primary } == 1)
        // Rebuilt as a replica it has to show itself like any other.
        for _ in 1..<limits.looksBeforeServing { #expect(routing.saw(0, .replica(lsn(10))) == .none) }
        #expect(routing.saw(0, .replica(lsn(10))) == .admitted)
        // One that was the primary from the beginning is no news.
        routing = ReplicaRouting(weights: [1], limits: limits)
        #expect(routing.saw(0, .primary) == .none)
    }
}

@Suite struct PositionLogTests {
    private func lsn(_ position: UInt64) -> PostgresLSN { PostgresLSN(position: position) }

    @Test func tellsHowOldAPositionIs() {
        let start = ContinuousClock.now
        var log = PositionLog()
        #expect(log.delay(of: lsn(0)) == .zero && log.lag(of: lsn(0)) == 0)
        for second in 0..<10 { log.note(lsn(UInt64(100 * (second + 1))), at: start + .seconds(second)) }
        #expect(log.delay(of: lsn(1_000)) == .zero)
        #expect(log.delay(of: lsn(2_000)) == .zero)
        #expect(log.delay(of: lsn(999)) == .zero)
        #expect(log.delay(of: lsn(500)) == .seconds(4))
        #expect(log.delay(of: lsn(0)) == .seconds(9))
        #expect(log.lag(of: lsn(250)) == 750 && log.lag(of: lsn(2_000)) == 0)
    }

    @Test func forgetsWhatIsLongAgo() {
        let start = ContinuousClock.now
        var log = PositionLog()
        for step in 1...5_000 { log.note(lsn(UInt64(step)), at: start + .milliseconds(step)) }
        #expect(log.delay(of: lsn(4_900)) == .milliseconds(99))
        #expect(log.delay(of: lsn(0)) >= .milliseconds(300) && log.delay(of: lsn(0)) < .milliseconds(700))
    }

    @Test func beginsAnewOnAnotherPrimarysPast() {
        let start = ContinuousClock.now
        var log = PositionLog()
        log.note(lsn(1_000), at: start)
        log.note(lsn(900), at: start + .seconds(1))
        #expect(log.lag(of: lsn(900)) == 0)
        #expect(log.delay(of: lsn(850)) == .zero)
    }
}
