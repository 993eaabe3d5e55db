import Foundation
import HTTPClient
import TestSupport
import Testing

/// What somebody on call sees when jobs wait: what is stuck, since when, why, what waiting brings, and what to do.
@Suite struct QueueStatusTests {
    @Test func answersTheFiveQuestions() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api)
            let relay = try await shop.start(.relay)
            var urls = [api, relay].map { "http://127.0.0.1:\($0.metricsPort)" }
            let variant = try await shop.variant(stock: 5)
            let token = try await shop.customer()
            #expect(try await shop.order([(variant.id, 1)], token: token).status == 201)

            func status(_ what: String, _ holds: (Int32, String) -> Bool) async throws {
                // The broker's statistics come some seconds late.
                try await eventually(what, every: .milliseconds(500)) {
                    let environment = ["METRICS_URLS": urls.joined(separator: ",")]
                    let answer = try await shop.wharf("queues", "status", environment: environment)
                    return holds(answer.0, answer.1)
                }
            }
            try await status("nobody works the queue") { status, text in
                status == 1 && text.contains("order.process is stuck")
                    && text.contains(" ago\n  why:         worker-orders")
                    && text.contains("fix:         start worker-orders")
            }
            #expect(try await shop.wharf("queues", "pause", "order.process", "--reason", "stock-taking").0 == 0)
            try await status("it is paused") { status, text in
                status == 1 && text.contains("order.process is paused") && text.contains("stock-taking")
                    && text.contains("fix:         wharf queues resume order.process")
            }
            #expect(try await shop.wharf("queues", "resume", "order.process").0 == 0)
            let workers = [try await shop.start(.orders), try await shop.start(.email), try await shop.start(.search)]
            urls += workers.map { "http://127.0.0.1:\($0.metricsPort)" }
            try await status("nothing is stuck") { status, text in status == 0 && text.hasSuffix("nothing is stuck\n") }
            for program in workers + [relay, api] { try await program.process.stop() }
        }
    }
}
