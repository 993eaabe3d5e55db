package import Database
import Lifecycle
import Observability
import Postgres
import Threading

/// An order as its followers know it.
package struct FollowedOrder: Equatable, Sendable {
    package let id: String
    package let number: String
    /// Nothing more is expected to happen to it.
    package let isSettled: Bool
    package let newestEventID: Int64
}

package enum FeedItem: Equatable, Sendable {
    case event(OrderEvent)
    /// Nothing new, and still there.
    case heartbeat
}

package enum OrderFeedError: Error, Equatable {
    /// This user follows as many orders as one may.
    case tooMany
    /// This process has as many followers as it can serve.
    case full
}

/// Tells everybody who follows an order in this process what happens to it.
///
/// The table `order_events` is the truth, and one reader serves all followers: it looks when a notice says that an order
/// has something new, and at every followed order once in a while, since a notice may get lost. What it reads is decided
/// by ``FeedState``.
package final class OrderEventFeed: Service {
    package struct Limits: Sendable {
        package var perUser = 8
        package var total = 5_000
        /// A stream ends after this time; its client resumes, and has to show that it still may.
        package var longest: Duration = .seconds(1_800)
        package var heartbeat: Duration = .seconds(15)
        /// Between two looks at all followed orders.
        package var look: Duration = .seconds(5)

        package init() {}
    }

    package typealias Listen = @Sendable (_ onNumbers: @escaping @Sendable ([String]) -> Void) async throws -> Void

    private struct State {
        var feed: FeedState
        var streams: [Int: AsyncStream<FeedItem>.Continuation] = [:]
        var isOver = false
    }

    /// Events and heartbeats that wait for a slow client; beyond that its stream ends, and it resumes.
    private static let backlog = 256

    private let database: Database
    private let limits: Limits
    private let listen: Listen
    private let state: Lock<State>
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation
    private let logger = Logger(label: "orders.feed")

    /// - Parameter listen: hears the numbers of orders that have something new, until cancelled.
    package init(database: Database, limits: Limits = Limits(), listen: @escaping Listen) {
        self.database = database
        self.limits = limits
        self.listen = listen
        state = Lock(State(feed: FeedState(limits: limits)))
        (wakeups, wakeup) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter userID: whose order it has to be; `nil` for anybody's.
    /// - Returns: `nil` when there is no such order.
    package func order(_ number: OrderNumber, of userID: Int64?) async throws -> FollowedOrder? {
        try await database.read(.primary) { session in
            try await session.query(
                """
                SELECT o.id::text, o.order_number, o.status, o.user_id,
                    (SELECT coalesce(max(id), 0) FROM order_events e WHERE e.order_id = o.id)
                FROM orders o WHERE o.order_number = \(number.rawValue)
                """
            ).first.flatMap { row in
                if let userID, try row.decode(3, as: Int64.self) != userID { return nil }
                let status = Order.Status(rawValue: try row.decode(2))
                return FollowedOrder(
                    id: try row.decode(0),
                    number: try row.decode(1),
                    isSettled: status?.isSettled ?? false,
                    newestEventID: try row.decode(4)
                )
            }
        }
    }

    /// - Parameters:
    ///   - after: the newest event that the follower knows; 0 for none.
    ///   - isStaff: whether what is the shop's own business is told too.
    /// - Returns: what happens to the order from there on; it ends when the order is settled, after ``Limits/longest``, and
    ///   when this process stops.
    package func follow(
        _ order: FollowedOrder,
        by userID: Int64,
        isStaff: Bool,
        after: Int64
    ) throws(OrderFeedError) -> AsyncStream<FeedItem> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: FeedItem.self,
            bufferingPolicy: .bufferingOldest(Self.backlog)
        )
        let id: Int? = try state.withLock { state throws(OrderFeedError) in
            if state.isOver { return nil }
            let id = try state.feed.add(order, userID: userID, isStaff: isStaff, after: after, now: .now)
            state.streams[id] = continuation
            return id
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        wakeup.yield()
        return stream
    }

    /// Followers at this moment.
    package var followerCount: Int { state.withLock { $0.feed.followers.count } }

    /// Reads and tells until cancelled; then all streams end.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readWhenWoken() }
            group.addTask { await self.lookNowAndThen() }
            group.addTask { await self.hear() }
        }
        let streams = state.withLock { state in
            state.isOver = true
            return Array(state.streams.values)
        }
        for stream in streams { stream.finish() }
    }

    private func remove(_ id: Int) {
        state.withLock { state in
            state.feed.remove(id)
            state.streams[id] = nil
        }
    }

    // MARK: What wakes the reader

    private func hear() async {
        do {
            try await listen { [weak self] numbers in
                guard let self else { return }
                if state.withLock({ $0.feed.noticed(numbers) }) { wakeup.yield() }
            }
        } catch is CancellationError {
        } catch {
            logger.warning("No notices of orders are heard any more", [.error: .describing(error)])
        }
    }

    private func lookNowAndThen() async {
        while true {
            do { try await Task.sleep(for: limits.look) } catch { return }
            send(state.withLock { $0.feed.tick(now: .now) })
            wakeup.yield()
        }
    }

    // MARK: The reader

    private func readWhenWoken() async {
        for await _ in wakeups {
            let looks = state.withLock { $0.feed.takeLooks() }
            if looks.isEmpty { continue }
            do {
                // Whoever follows an order was asked who they are when they began.
                try await RowScope.$current.withValue(.everything) { try await read(looks) }
            } catch {
                // The next look will find the same.
                logger.warning("Events of followed orders could not be read", [.error: .describing(error)])
            }
        }
    }

    /// On the primary: a replica may not have yet what a notice tells of. The states are read first, so that the events
    /// of a state that was seen are there.
    private func read(_ looks: [FeedState.Look]) async throws {
        let ids = looks.map(\.orderID)
        let answers = try await database.read(.primary) { session in
            try await session.pipeline([
                "SELECT order_number, status FROM orders WHERE id = ANY(\(ids)::uuid[])",
                """
                SELECT look.number, \(OrderEvent.columns)
                FROM unnest(\(ids)::uuid[], \(looks.map(\.number))::text[], \(looks.map(\.after))::bigint[])
                    AS look (id, number, after)
                JOIN order_events e ON e.order_id = look.id AND e.id > look.after
                ORDER BY look.number, e.id
                """,
            ])
        }
        var events: [String: [OrderEvent]] = [:]
        for row in answers[1] { events[try row.decode(0), default: []].append(try OrderEvent(row, from: 1)) }
        var settled: Set<String> = []
        for row in answers[0] {
            let (number, status) = try row.decode(String.self, String.self)
            if Order.Status(rawValue: status)?.isSettled == true { settled.insert(number) }
        }
        for look in looks {
            let (new, isSettled) = (events[look.number] ?? [], settled.contains(look.number))
            send(state.withLock { $0.feed.read(look, new, isSettled: isSettled, now: .now) })
        }
    }

    private func send(_ sendings: [FeedState.Sending]) {
        for sending in sendings {
            guard let stream = state.withLock({ $0.streams[sending.follower] }) else { continue }
            var isSlow = false
            for item in sending.items {
                if case .dropped = stream.yield(item) { isSlow = true }
            }
            // Behind the lock, which `onTermination` takes.
            if sending.ends || isSlow { stream.finish() }
        }
    }
}
