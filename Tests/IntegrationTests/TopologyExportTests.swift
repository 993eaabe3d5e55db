import AMQP
import Foundation
import HTTPClient
import Jobs
import TestSupport
import Testing
import Topology

/// What `wharf queues export` writes, a stock RabbitMQ takes.
@Suite struct TopologyExportTests {
    private static func topology() throws -> Topology {
        try Topology([
            QueueDefinition(
                name: "a.b",
                bindings: ["a.b"],
                retry: .init(rungsSeconds: [1, 60], attempts: 3),
                urgent: .init(share: 50)
            )
        ])
    }

    @Test(arguments: [false, true]) func anImportIntoAnEmptyVirtualHostLeavesNoDifference(_ whole: Bool) async throws {
        try await withTestBroker { server in
            let plan = try Self.topology().broker
            let file = DefinitionsFile(plan, virtualHost: whole ? server.virtualHost : nil)
            let json = String(decoding: try file.json(), as: UTF8.self)
            _ = try server.manage(
                "POST",
                whole ? "/api/definitions" : "/api/definitions/\(server.virtualHost)",
                body: json
            )
            let client = HTTPClient()
            defer { client.shutdown() }
            let management = try ManagementAPI(url: server.managementURL, client: client)
            #expect(try await management.diff(plan).findings == [])
            try await sendAroundAndGiveUp(server)
        }
    }

    /// A job comes by its key, goes to a rung and back, and is given up by the broker.
    private func sendAroundAndGiveUp(_ server: TestBroker) async throws {
        let session = try await server.session()
        let message = AMQPMessage(body: Array("{}".utf8), properties: AMQPProperties())
        try await session.publish(message, exchange: "wharf.jobs", routingKey: "a.b")
        let first = try await arrival(session, "a.b")
        try await session.publish(first.message, exchange: "", routingKey: "a.b.retry.1s")
        try await session.ack(first)
        let second = try await arrival(session, "a.b")
        try await session.reject(second, requeue: false)
        let dead = try await arrival(session, "a.b.dead")
        #expect(dead.message.body == message.body)
        await session.close()
    }

    private func arrival(_ session: AMQPSession, _ queue: String) async throws -> AMQPDelivery {
        var delivery: AMQPDelivery?
        try await eventually("a message is in \(queue)") {
            delivery = try await session.get(queue)
            return delivery != nil
        }
        return try #require(delivery)
    }
}
