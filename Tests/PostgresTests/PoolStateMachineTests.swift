import Testing

@testable import Postgres

@Suite struct PoolStateMachineTests {
    private func opened(_ acquired: PoolStateMachine.Acquired) throws -> Int {
        guard case .leased(.open(let id)) = acquired else { throw Unexpected(acquired: acquired) }
        return id
    }
    private let now = ContinuousClock.now
    private var later: ContinuousClock.Instant { now + .seconds(1) }
    private struct Unexpected: Error { let acquired: PoolStateMachine.Acquired }

    @Test func opensUpToItsSizeAndThenWaitsInOrder() throws {
        var pool = PoolStateMachine(size: 2, maximumWaiters: 2)
        let first = try opened(pool.acquire(waitingUntil: later))
        let second = try opened(pool.acquire(waitingUntil: later))
        guard case .wait(let one) = pool.acquire(waitingUntil: later),
            case .wait(let two) = pool.acquire(waitingUntil: later)
        else {
            Issue.record("did not wait")
            return
        }
        #expect(pool.acquire(waitingUntil: later) == .exhausted)
        #expect(pool.release(second) == .handOver(one, .reuse(second)))
        #expect(pool.release(first) == .handOver(two, .reuse(first)))
        #expect(pool.release(first) == .nothing)
        #expect(pool.acquire(waitingUntil: later) == .leased(.reuse(first)))
    }

    @Test func aBrokenConnectionMakesRoomForANewOne() throws {
        var pool = PoolStateMachine(size: 1, maximumWaiters: 1)
        let first = try opened(pool.acquire(waitingUntil: later))
        guard case .wait(let waiter) = pool.acquire(waitingUntil: later) else {
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
        let id = try opened(pool.acquire(waitingUntil: later))
        guard case .wait(let waiter) = pool.acquire(waitingUntil: later) else {
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
        let idle = try opened(pool.acquire(waitingUntil: later))
        let leased = try opened(pool.acquire(waitingUntil: later))
        _ = pool.release(idle)
        let closed = pool.close()
        #expect(closed.idle == [idle])
        #expect(pool.acquire(waitingUntil: later) == .closed)
        #expect(pool.discard(leased) == .nothing)
        #expect(pool.openCount == 0)
    }

    @Test func whoWaitedTooLongIsGivenUpInOrder() throws {
        var pool = PoolStateMachine(size: 1, maximumWaiters: 3)
        let id = try opened(pool.acquire(waitingUntil: now))
        guard case .wait(let first) = pool.acquire(waitingUntil: now + .seconds(1)),
            case .wait(let second) = pool.acquire(waitingUntil: now + .seconds(1)),
            case .wait(let third) = pool.acquire(waitingUntil: now + .seconds(2))
        else {
            Issue.record("did not wait")
            return
        }
        let early = pool.expire(at: now)
        #expect(early.expired == [] && early.next == now + .seconds(1))
        let due = pool.expire(at: now + .seconds(1))
        #expect(due.expired == [first, second] && due.next == now + .seconds(2))
        #expect(pool.release(id) == .handOver(third, .reuse(id)))
        let none = pool.expire(at: now + .seconds(9))
        #expect(none.expired == [] && none.next == nil)
    }
}
