/// Who follows which orders, and what they have not been told yet: decides, and does nothing itself.
struct FeedState {
    struct Follower: Sendable {
        let order: FollowedOrder
        let userID: Int64
        let isStaff: Bool
        /// Of the newest event that this follower knows.
        var lastID: Int64
        let endsAt: ContinuousClock.Instant
        var quietSince: ContinuousClock.Instant
    }

    /// An order that has to be read, from behind this event on.
    struct Look: Equatable, Sendable {
        let orderID: String
        let number: String
        let after: Int64
    }

    /// What a follower is to be sent.
    struct Sending: Equatable, Sendable {
        let follower: Int
        let items: [FeedItem]
        let ends: Bool
    }

    let limits: OrderEventFeed.Limits
    private(set) var followers: [Int: Follower] = [:]
    private var byNumber: [String: Set<Int>] = [:]
    private var stale: Set<String> = []
    private var nextID = 0

    init(limits: OrderEventFeed.Limits) { self.limits = limits }

    /// - Returns: the follower's name.
    mutating func add(
        _ order: FollowedOrder,
        userID: Int64,
        isStaff: Bool,
        after lastID: Int64,
        now: ContinuousClock.Instant
    ) throws(OrderFeedError) -> Int {
        guard followers.count < limits.total else { throw .full }
        guard followers.values.count(where: { $0.userID == userID }) < limits.perUser else { throw .tooMany }
        nextID += 1
        followers[nextID] = Follower(
            order: order,
            userID: userID,
            isStaff: isStaff,
            lastID: lastID,
            endsAt: now + limits.longest,
            quietSince: now
        )
        byNumber[order.number, default: []].insert(nextID)
        stale.insert(order.number)
        return nextID
    }

    mutating func remove(_ id: Int) {
        guard let follower = followers.removeValue(forKey: id) else { return }
        byNumber[follower.order.number]?.remove(id)
        if byNumber[follower.order.number]?.isEmpty == true { byNumber[follower.order.number] = nil }
    }

    /// - Returns: whether anybody follows one of these orders.
    mutating func noticed(_ numbers: [String]) -> Bool {
        let followed = numbers.filter { byNumber[$0] != nil }
        stale.formUnion(followed)
        return !followed.isEmpty
    }

    /// What has to be read now: each order once, from behind what the follower knows who knows least.
    mutating func takeLooks() -> [Look] {
        defer { stale = [] }
        return stale.sorted().compactMap { number in
            let following = (byNumber[number] ?? []).compactMap { followers[$0] }
            guard let order = following.first?.order, let after = following.map(\.lastID).min() else { return nil }
            return Look(orderID: order.id, number: number, after: after)
        }
    }

    /// - Parameters:
    ///   - events: what the look found, in the order of their ids.
    ///   - isSettled: whether nothing is expected to come behind them.
    mutating func read(
        _ look: Look,
        _ events: [OrderEvent],
        isSettled: Bool,
        now: ContinuousClock.Instant
    ) -> [Sending] {
        (byNumber[look.number] ?? []).sorted().compactMap { id in
            // Who came while this was read, and knows less than it begins with, has a look of their own.
            guard var follower = followers[id], follower.lastID >= look.after else { return nil }
            let new = events.filter { $0.id > follower.lastID }
            let items = new.compactMap { follower.isStaff ? $0 : $0.forCustomer }.map(FeedItem.event)
            if let last = new.last { follower.lastID = last.id }
            if !items.isEmpty { follower.quietSince = now }
            followers[id] = follower
            return items.isEmpty && !isSettled ? nil : Sending(follower: id, items: items, ends: isSettled)
        }
    }

    /// Time has passed: all orders are looked at again, quiet followers get a heartbeat, and those end whose time is over.
    mutating func tick(now: ContinuousClock.Instant) -> [Sending] {
        stale = Set(byNumber.keys)
        return followers.keys.sorted().compactMap { id in
            guard let follower = followers[id] else { return nil }
            if follower.endsAt <= now { return Sending(follower: id, items: [], ends: true) }
            guard now - follower.quietSince >= limits.heartbeat else { return nil }
            followers[id]?.quietSince = now
            return Sending(follower: id, items: [.heartbeat], ends: false)
        }
    }
}
