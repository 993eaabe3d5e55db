import Foundation
import HTTPClient
import Postgres
import TestSupport
import Threading

/// Customers who order without pause, whatever dies meanwhile: each repeats its request, with its key, until the answer is
/// 201. Only so many orders may be unfinished at a time, so that a dead worker's backlog stays a handful.
final class CrashLoad: Sendable {
    private static let clients = 6
    private static let unfinished = 60
    static let firstStock = 1_000_000

    struct Refused: Error {
        let status: Int
        let body: String
    }

    private struct State: Sendable {
        var answered: [String] = []
        var isStopped = false
    }

    private let shop: TestShop
    private let state = Lock(State())
    /// Bought by every order, so that all of them want one row.
    private let popular: Int64
    private let running = Lock<Task<Void, any Error>?>(nil)

    init(_ shop: TestShop) async throws {
        self.shop = shop
        popular = try await shop.variant(stock: Self.firstStock).id
    }

    /// The order numbers of all answers 201, one for each key.
    var answered: [String] { state.withLock { $0.answered } }

    /// - Parameter tokens: of the customers.
    func start(_ tokens: [String]) {
        let task = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<Self.clients { group.addTask { try await self.order(tokens[index % tokens.count]) } }
                try await group.waitForAll()
            }
        }
        running.withLock { $0 = task }
    }

    /// Returns when every order under way has its answer.
    func stop() async throws {
        state.withLock { $0.isStopped = true }
        try await running.withLock { $0 }?.value
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func order(_ token: String) async throws {
        while !isStopped {
            try await eventually("the shop keeps up", within: .seconds(180), every: .milliseconds(50)) {
                if isStopped { return true }
                return try await shop.count(
                    "SELECT (SELECT count(*) FROM orders) - (SELECT count(*) FROM mail_deliveries) / 2"
                ) < Self.unfinished
            }
            if isStopped { return }
            // The last one of its product: the order asks for the product and its search document to follow.
            let last = try await shop.variant(stock: 1).id
            try await one([(popular, 2), (last, 1)], token)
        }
    }

    /// Orders once, over as many deaths as it takes.
    func one(_ lines: [(variant: Int64, quantity: Int)], _ token: String) async throws {
        let key = UUID().uuidString
        let number = Lock<String?>(nil)
        try await eventually("an order is answered", within: .seconds(120), every: .milliseconds(20)) {
            guard let response = try? await shop.order(lines, token: token, key: key) else { return false }
            // 409: the dead API's transaction still holds the key; 503: a pool without a connection.
            if response.status == 409 || response.status >= 500 { return false }
            guard response.status == 201, let text = try response.json()["order_number"] as? String else {
                throw Refused(status: response.status, body: String(decoding: response.body, as: UTF8.self))
            }
            number.withLock { $0 = text }
            return true
        }
        state.withLock { $0.answered.append(number.withLock { $0 } ?? "") }
    }

    /// Orders for the customer whose mails are refused.
    func orders(_ count: Int, by token: String) async throws {
        for _ in 0..<count { try await one([(popular, 1)], token) }
    }
}
