import Testing

@testable import Postgres

@Suite struct PoolStateMachineTests {
    private func opened(_ acquired: PoolStateMachine.Acquired) throws -> Int {
        guard case .leased(.open(let id)) = acquired else { throw Unexpected(acquired: acquired) }
        return id
    }
    private struct Unexpected: Error { let acquired: PoolStateMachine.Acquired }

    @Test func opensUpToItsSizeAndThenWaitsInOrder() throws {
        var pool = PoolStateMachine(size: 2, maximumWaiters: 2)
        let first = try opened(pool.acquire())
        let second = try opened(pool.acquire())
        guard case .wait(let one) = pool.acquire(), case .wait(let two) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        #expect(pool.acquire() == .exhausted)
        #expect(pool.release(second) == .handOver(one, .reuse(second)))
        #expect(pool.release(first) == .handOver(two, .reuse(first)))
        #expect(pool.release(first) == .nothing)
        #expect(pool.acquire() == .leased(.reuse(first)))
    }

    @Test func aBrokenConnectionMakesRoomForANewOne() throws {
        var pool = PoolStateMachine(size: 1, maximumWaiters: 1)
        let first = try opened(pool.acquire())
        guard case .wait(let waiter) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        guard case .handOver(waiter, .open(let second)) = pool.discard(first) else {
            Issue.record("the waiter was not told to connect")
            return
        }
        #expect(second != first)
        #expect(pool.openCount == 1)
    }

    @Test func whoGivesUpIsNotServed() throws {
        var pool = PoolStateMachine(size: 1, maximumWaiters: 1)
        let id = try opened(pool.acquire())
        guard case .wait(let waiter) = pool.acquire() else {
            Issue.record("did not wait")
            return
        }
        let isFirst = pool.abandon(waiter)
        let isSecond = pool.abandon(waiter)
        #expect(isFirst && !isSecond)
        #expect(pool.release(id) == .nothing)
    }

    @Test func aClosedPoolServesNobody() throws {
        var pool = PoolStateMachine(size: 2, maximumWaiters: 1)
        let idle = try opened(pool.acquire())
        let leased = try opened(pool.acquire())
        _ = pool.release(idle)
        let closed = pool.close()
        #expect(closed.idle == [idle])
        #expect(pool.acquire() == .closed)
        #expect(pool.discard(leased) == .nothing)
        #expect(pool.openCount == 0)
    }
}
