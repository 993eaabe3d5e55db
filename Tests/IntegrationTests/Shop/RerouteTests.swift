import AMQP
import Foundation
import Jobs
import JobsAMQP
import Messages
import TestSupport
import Testing
import Topology

/// Routing a job elsewhere is an edit of the queue files, and nothing else.
@Suite struct RerouteTests {
    /// The worker gives up mails of orders that do not exist, so that the dead letters tell which queue brought the job.
    @Test func anEditOfTheFilesMovesALaneToAnotherQueue() async throws {
        try await withQueueFiles { files in
            try await TestShop.with(queues: files.path) { shop in
                try await shop.running([.email]) {
                    try await publishBulkMail(shop)
                    try await eventually("the bulk queue brought it") { try await shop.depth("email.bulk.dead") == 1 }
                }
                try await publishBulkMail(shop)
                // So that `apply` needs no luck: else only the queue itself knows of the job.
                try await eventually("the broker's statistics know that it waits, and that nobody consumes") {
                    try await shop.wharf("queues", "list").1.contains(#/email\.bulk +1 +0 +0 /#)
                }

                let old = files.deletingLastPathComponent().appending(path: "old-" + files.lastPathComponent)
                try FileManager.default.copyItem(at: files, to: old)
                defer { try? FileManager.default.removeItem(at: old) }
                try edit(files.appending(path: "email.send_order_confirmation.json")) {
                    $0["bindings"] = ["email.send_order_confirmation", "email.send_order_confirmation.bulk"]
                }
                try FileManager.default.removeItem(at: files.appending(path: "email.bulk.json"))

                let (status, said) = try await shop.wharf("queues", "apply")
                #expect(status == 1)
                let key = "email.send_order_confirmation.bulk"
                #expect(said.contains("created: binding \(key) → email.send_order_confirmation\n"))
                #expect(said.contains("removed: binding \(key) → email.bulk\n"))
                #expect(said.contains("refused: extra queue email.bulk: not empty (messages: 1"))
                try await publishBulkMail(shop)
                try await shop.running([.email]) {
                    try await eventually("the other queue brought it") {
                        try await shop.depth("email.send_order_confirmation.dead") == 1
                    }
                }
                #expect(try await shop.depth("email.bulk") == 1)

                // As it says: a worker with the old files finishes what still waits.
                let worker = try await shop.start(.email, ["QUEUES_DIRECTORY": old.path])
                try await eventually("the old queue is empty") { try await shop.depth("email.bulk.dead") == 2 }
                try await worker.process.stop()
                let session = try await shop.broker.session()
                #expect(try await session.purgeQueue("email.bulk.dead") == 2)
                await session.close()
                try await eventually("the old queue is gone") { try await shop.wharf("queues", "apply").0 == 0 }
                let (equal, line) = try await shop.wharf("queues", "diff")
                #expect(equal == 0, "\(line)")
                #expect(line.split(separator: "\n").count == 1)
                #expect(try await shop.wharf("queues", "list").1.contains("email.bulk") == false)
            }
        }
    }

    @Test func theToolTellsDifferencesAndWhatWouldBeDone() async throws {
        try await TestShop.with { shop in
            _ = try shop.broker.manage("DELETE", "/api/queues/\(shop.broker.virtualHost)/order.process.retry.30s")
            let (status, text) = try await shop.wharf("queues", "diff")
            #expect(status == 1)
            #expect(text.contains("missing queue: order.process.retry.30s\n  expected: quorum\n  fix:"))
            let (_, json) = try await shop.wharf("queues", "diff", "--json")
            let rows = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: String]])
            #expect(rows.map { $0["kind"] } == ["missing-queue"])
            let (ready, plan) = try await shop.wharf("queues", "apply", "--dry-run")
            #expect(ready == 0)
            #expect(plan.contains("would be created: queue order.process.retry.30s\n1 created, 0 changed, 0 removed"))
            #expect(try await shop.wharf("queues", "diff").0 == 1)
            #expect(try await shop.wharf("doctor").1.contains("missing queue order.process.retry.30s"))
            #expect(try await shop.wharf("queues", "apply").0 == 0)
            #expect(try await shop.wharf("queues", "diff").0 == 0)
            let (exported, file) = try await shop.wharf("queues", "export", "--vhost", "other")
            #expect(exported == 0)
            #expect(file == String(decoding: try definitions("other"), as: UTF8.self) + "\n")
        }
    }

    @Test func aWorkerDoesNotStartOnJobsThatItHasNoHandlerFor() async throws {
        try await withQueueFiles { files in
            try edit(files.appending(path: "email.bulk.json")) {
                $0["bindings"] = [
                    "email.send_order_confirmation.bulk", "order.process",
                ]
            }
            try await TestShop.with(queues: files.path) { shop in
                let worker = try shop.launch(.email)
                #expect(try await worker.process.ended() == 78)
                #expect(worker.process.output.contains("the queue email.bulk is also bound to order.process"))
            }
        }
    }

    private func definitions(_ virtualHost: String) throws -> Data {
        try DefinitionsFile(Topology.load(directory: "queues").broker, virtualHost: virtualHost).json()
    }

    private func publishBulkMail(_ shop: TestShop) async throws {
        let mail = SendOrderMail(template: .orderCancelled, orderNumber: "W-000000-00000000")
        let envelope = try JobEnvelope(mail, lane: .bulk)
        try await AMQPBroker.withConnection(url: shop.broker.url, application: "tests") { broker in
            try await broker.publish(envelope)
        }
    }

    /// A copy of the house's queue files.
    private func withQueueFiles(_ body: (URL) async throws -> Void) async throws {
        let files = FileManager.default.temporaryDirectory.appending(path: "wharf-queues-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: URL(filePath: "queues"), to: files)
        defer { try? FileManager.default.removeItem(at: files) }
        try await body(files)
    }

    private func edit(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
        var queue = try #require(json as? [String: Any])
        change(&queue)
        try JSONSerialization.data(withJSONObject: queue).write(to: file)
    }
}
