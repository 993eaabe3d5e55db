import Postgres
import Testing

@testable import Database

@Suite struct ReplicaRoutingTests {
    private func lsn(_ position: UInt64) -> PostgresLSN { PostgresLSN(position: position) }

    private func serving(_ positions: UInt64...) -> ReplicaRouting {
        var routing = ReplicaRouting(count: positions.count, maximumLag: 1_000)
        for (index, position) in positions.enumerated() {
            for _ in 0..<ReplicaRouting.looksBeforeServing {
                _ = routing.saw(index, replayed: lsn(position), primary: lsn(position))
            }
        }
        return routing
    }

    @Test func replicasTakeTurns() {
        var routing = serving(10, 10)
        let chosen = (0..<4).map { _ in routing.choose(.any) }
        #expect(Set(chosen) == [0, 1])
        #expect(chosen[0] != chosen[1] && chosen[0] == chosen[2])
    }

    @Test func aReadThatMustSeeAPositionSkipsReplicasThatDoNot() {
        var routing = serving(10, 20)
        #expect(routing.choose(.after(lsn(15))) == 1)
        #expect(routing.choose(.after(lsn(20))) == 1)
        #expect(routing.choose(.after(lsn(21))) == nil)
        #expect(routing.choose(.primary) == nil)
    }

    @Test func aReplicaServesOnlyAfterSeveralGoodLooks() {
        var routing = ReplicaRouting(count: 1, maximumLag: 1_000)
        #expect(routing.choose(.any) == nil)
        #expect(routing.saw(0, replayed: lsn(1), primary: lsn(1)) == .none)
        #expect(routing.choose(.any) == nil)
        #expect(routing.saw(0, replayed: lsn(1), primary: lsn(1)) == .admitted)
        #expect(routing.choose(.any) == 0)
    }

    @Test func aReplicaThatFailsOrLagsIsOutUntilItIsGoodAgain() {
        var routing = serving(10)
        #expect(routing.saw(0, replayed: nil, primary: lsn(10)) == .ejected)
        #expect(routing.choose(.any) == nil)
        routing = serving(10)
        #expect(routing.saw(0, replayed: lsn(10), primary: lsn(2_000)) == .ejected)
        #expect(routing.saw(0, replayed: lsn(1_900), primary: lsn(2_000)) == .none)
        #expect(routing.saw(0, replayed: lsn(2_000), primary: nil) == .admitted)
    }
}
