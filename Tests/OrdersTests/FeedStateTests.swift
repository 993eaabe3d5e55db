import Foundation
import Testing

@testable import Orders

@Suite struct FeedStateTests {
    private let start = ContinuousClock.now
    private let order = FollowedOrder(id: "id-1", number: "W-1", isSettled: false, newestEventID: 3)
    private let other = FollowedOrder(id: "id-2", number: "W-2", isSettled: false, newestEventID: 0)

    private func event(_ id: Int64, _ kind: String = "confirmed") -> OrderEvent {
        OrderEvent(id: id, kind: kind, actor: .job("order.process"), createdAt: Date(timeIntervalSince1970: 0))
    }

    private func limits(perUser: Int = 8, total: Int = 100) -> OrderEventFeed.Limits {
        var limits = OrderEventFeed.Limits()
        limits.perUser = perUser
        limits.total = total
        return limits
    }

    @Test func anOrderIsReadOnceFromWhereWhoKnowsLeastStands() throws {
        var feed = FeedState(limits: limits())
        _ = try feed.add(order, userID: 1, isStaff: false, after: 2, now: start)
        _ = try feed.add(order, userID: 2, isStaff: true, after: 0, now: start)
        _ = try feed.add(other, userID: 2, isStaff: true, after: 5, now: start)
        #expect(
            feed.takeLooks() == [
                .init(orderID: "id-1", number: "W-1", after: 0), .init(orderID: "id-2", number: "W-2", after: 5),
            ]
        )
        #expect(feed.takeLooks() == [])
        let followed = feed.noticed(["W-2", "W-3"])
        let unknown = feed.noticed(["W-3"])
        #expect(followed && !unknown)
        #expect(feed.takeLooks().map(\.number) == ["W-2"])
    }

    @Test func eachIsToldWhatTheyDoNotKnowAndMayKnow() throws {
        var feed = FeedState(limits: limits())
        let customer = try feed.add(order, userID: 1, isStaff: false, after: 2, now: start)
        let staff = try feed.add(order, userID: 2, isStaff: true, after: 0, now: start)
        let look = try #require(feed.takeLooks().first)
        let events = [event(1, "placed"), event(2), event(3, "internal_note_added"), event(4, "shipped")]
        #expect(
            feed.read(look, events, isSettled: false, now: start) == [
                .init(follower: customer, items: [.event(event(4, "shipped"))], ends: false),
                .init(follower: staff, items: events.map(FeedItem.event), ends: false),
            ]
        )
        #expect(feed.read(look, events, isSettled: false, now: start) == [])
    }

    /// Who came while the order was read must not skip what lies before the look's beginning.
    @Test func whoComesDuringALookIsToldByTheNext() throws {
        var feed = FeedState(limits: limits())
        let first = try feed.add(order, userID: 1, isStaff: true, after: 2, now: start)
        let look = try #require(feed.takeLooks().first)
        let late = try feed.add(order, userID: 2, isStaff: true, after: 0, now: start)
        #expect(feed.read(look, [event(3)], isSettled: true, now: start).map(\.follower) == [first])
        #expect(feed.takeLooks().map(\.after) == [0])
        let all = [event(1), event(2), event(3)]
        let next = FeedState.Look(orderID: "id-1", number: "W-1", after: 0)
        let told = feed.read(next, all, isSettled: false, now: start)
        #expect(told == [.init(follower: late, items: all.map(FeedItem.event), ends: false)])
    }

    @Test func aSettledOrderEndsItsStreams() throws {
        var feed = FeedState(limits: limits())
        let follower = try feed.add(order, userID: 1, isStaff: false, after: 3, now: start)
        let look = try #require(feed.takeLooks().first)
        #expect(feed.read(look, [], isSettled: true, now: start) == [.init(follower: follower, items: [], ends: true)])
    }

    @Test func quietFollowersGetHeartbeatsAndOldOnesEnd() throws {
        var feed = FeedState(limits: limits())
        let follower = try feed.add(order, userID: 1, isStaff: false, after: 0, now: start)
        _ = feed.takeLooks()
        #expect(feed.tick(now: start + .seconds(5)) == [])
        #expect(feed.takeLooks().count == 1, "every order is looked at again, whether or not a notice came")
        #expect(
            feed.tick(now: start + .seconds(15)) == [.init(follower: follower, items: [.heartbeat], ends: false)]
        )
        #expect(feed.tick(now: start + .seconds(20)) == [])
        #expect(feed.tick(now: start + .seconds(1_800)) == [.init(follower: follower, items: [], ends: true)])
    }

    @Test func nobodyFollowsTooMuch() throws {
        var feed = FeedState(limits: limits(perUser: 2, total: 3))
        let first = try feed.add(order, userID: 1, isStaff: false, after: 0, now: start)
        _ = try feed.add(other, userID: 1, isStaff: false, after: 0, now: start)
        #expect(throws: OrderFeedError.tooMany) {
            try feed.add(order, userID: 1, isStaff: false, after: 0, now: start)
        }
        _ = try feed.add(order, userID: 2, isStaff: false, after: 0, now: start)
        #expect(throws: OrderFeedError.full) { try feed.add(order, userID: 3, isStaff: false, after: 0, now: start) }
        feed.remove(first)
        _ = try feed.add(order, userID: 1, isStaff: false, after: 0, now: start)
    }
}
