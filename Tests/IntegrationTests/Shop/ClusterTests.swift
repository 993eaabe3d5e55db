import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing
import Threading
import Topology

/// Three RabbitMQ nodes, of which the one that leads the queues dies under load.
@Suite(.timeLimit(.minutes(10))) struct ClusterTests {
    private struct QueueView: Decodable {
        let leader: String
        let members: [String]
        let online: [String]
    }

    private struct Load: Sendable {
        var answered: [String: ContinuousClock.Instant] = [:]
        var isOver = false
    }

    private let key = "order.process"

    @Test func nothingIsLostWithTheNodeThatLeadsTheQueues() async throws {
        try await BrokerCluster.with { cluster in
            try await TestShop.with(cluster) { shop in
                let view = try queue(shop.broker.managementURL, shop.broker.virtualHost)
                #expect(view.members.count == 3)
                let leader = try #require(cluster.number(of: view.leader))
                let survivor = try await cluster.urls((leader + 1) % 3).management

                let variant = try await shop.variant(stock: 1_000_000)
                var programs: [RunningProgram] = []
                for program in TestShop.Program.allCases {
                    // One keeps its connections over the death: to a node that lives, whose queues get another leader.
                    let survives = program == .orders ? leader : nil
                    let url = try cluster.url(ofNode: shop.broker.url, without: survives)
                    programs.append(try await shop.start(program, ["AMQP_URL": url]))
                }
                let token = try await shop.customer()
                let load = Lock(Load())
                let ordering = Task { try await order(variant.id, token, shop, load) }

                try await eventually("orders are confirmed", within: .seconds(60)) { try await confirmed(shop) >= 50 }
                let death = ContinuousClock.now
                try await cluster.kill(leader)
                // What was answered after the death is confirmed over the nodes that are left.
                try await eventually("orders of after the death are confirmed", within: .seconds(120)) {
                    let later = load.withLock { load in load.answered.filter { $0.value > death }.map(\.key) }
                    return try await shop.count(
                        "SELECT count(*) FROM orders WHERE order_number = ANY(\(later)) AND status = 'confirmed'"
                    ) > 0
                }
                let outage = ContinuousClock.now - death
                try await eventually("two hundred orders are answered", within: .seconds(120)) {
                    load.withLock { $0.answered.count } >= 200
                }
                load.withLock { $0.isOver = true }
                try await ordering.value
                let orders = load.withLock { Array($0.answered.keys) }

                try await eventually("all \(orders.count) orders are confirmed and mailed", within: .seconds(180)) {
                    let mails = try await shop.count("SELECT count(*) FROM mail_deliveries")
                    let waiting = try await shop.count("SELECT count(*) FROM outbox")
                    return try await confirmed(shop) == orders.count && mails == 2 * orders.count && waiting == 0
                }
                #expect(try await shop.count("SELECT count(*) FROM orders") == orders.count)
                #expect(
                    try await shop.count("SELECT count(*) FROM orders WHERE order_number = ANY(\(orders))")
                        == orders.count
                )
                #expect(
                    try await shop.count("SELECT count(*) FROM order_events WHERE kind = 'confirmed'") == orders.count
                )
                // A mail whose ack died with the node may be sent once more, under the same Message-ID: eight at a time.
                let mails = try shop.mail.mails().map(\.id)
                #expect(Set(mails).count == 2 * orders.count)
                #expect(mails.count <= 2 * orders.count + 8)
                #expect(try await shop.variantsOutOfBalance().isEmpty)

                try await cluster.start(leader)
                try await eventually("the queue has all its members again", within: .seconds(60)) {
                    try queue(survivor, shop.broker.virtualHost).online.count == 3
                }
                let management = try ManagementAPI(
                    url: survivor + "/" + shop.broker.virtualHost,
                    client: shop.client
                )
                try await eventually("every queue is empty, the dead ones too", within: .seconds(60)) {
                    try await management.queues().allSatisfy { $0.ready + $0.unacked == 0 }
                }
                for program in programs.reversed() { try await program.process.stop() }
                print("the first order of after the death was confirmed \(outage) after it; \(orders.count) orders")
            }
        }
    }

    private func confirmed(_ shop: TestShop) async throws -> Int {
        try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'")
    }

    /// Four customers who order one after the other.
    private func order(_ variant: Int64, _ token: String, _ shop: TestShop, _ load: Lock<Load>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !load.withLock({ $0.isOver }) {
                        let answer = try await shop.order([(variant, 1)], token: token)
                        // The broker is no part of an order's answer.
                        #expect(answer.status == 201)
                        guard let number = try answer.json()["order_number"] as? String else { continue }
                        load.withLock { $0.answered[number] = .now }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func queue(_ management: String, _ virtualHost: String) throws -> QueueView {
        let base = management.split(separator: "/").prefix(2).joined(separator: "//")
        let text = try TestBroker.manage("GET", "\(base)/api/queues/\(virtualHost)/\(key)", body: nil)
        return try JSONDecoder().decode(QueueView.self, from: Data(text.utf8))
    }
}
