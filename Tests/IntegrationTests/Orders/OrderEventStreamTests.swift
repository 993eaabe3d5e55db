import Accounts
import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Live events over real sockets.
@Suite struct OrderEventStreamTests {
    @Test func eventsComeAsTheyHappenAndTheStreamEndsAtTheDoor() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            try await shop.running([.relay, .orders, .api]) {
                let ada = try await shop.customer()
                let admin = try await shop.person(.admin).token
                let number = try await shop.ordered(variant.id, token: ada, until: "confirmed")
                let stream = try shop.follow(number, token: ada)
                try await eventually("what is there already comes first") {
                    stream.output.contains("event: placed") && stream.output.contains("event: confirmed")
                }
                #expect(stream.output.contains("Content-Type: text/event-stream"))
                _ = try await shop.setStatus(number, "shipped", TestShop.parcel, token: admin)
                try await eventually("the shipment comes") { stream.output.contains(#""tracking_number":"SN-1""#) }
                // The shop's own business is not the customer's.
                let note = #"{"kind":"internal","body":"fragile"}"#
                _ = try await shop.call("POST", "/api/orders/\(number)/notes", token: admin, body: note)
                _ = try await shop.setStatus(number, "delivered", token: admin)
                #expect(try await stream.ended() == 0)
                #expect(stream.output.contains("event: delivered"))
                #expect(!stream.output.contains("internal_note_added"))

                let ids = stream.output.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("id: ") }
                    .compactMap { Int($0.dropFirst(4)) }
                #expect(ids.count == 4 && ids == ids.sorted())
                // Whoever comes back has the rest, and no more than that; with everything, there is nothing to wait for.
                let rest = try shop.follow(number, token: ada, after: "\(ids[1])")
                #expect(try await rest.ended() == 0)
                #expect(rest.output.contains("event: shipped") && !rest.output.contains("event: confirmed"))
                let nothing = try shop.follow(number, token: ada, after: "\(ids[3])")
                #expect(try await nothing.ended() == 0)
                #expect(nothing.output.hasPrefix("HTTP/1.1 204"))
            }
        }
    }

    /// The table is the truth: an event of which no notice came is told all the same. And a stop ends streams in good order.
    @Test func aLostNoticeOnlyDelaysAndAStopEndsInGoodOrder() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 5)
            let api = try await shop.start(.api)
            let ada = try await shop.customer()
            let number = try await shop.ordered(variant.id, token: ada)
            shop.brokerProxy.cut()
            let stream = try shop.follow(number, token: ada)
            try await eventually("the stream has begun") { stream.output.contains("event: placed") }
            try await shop.pool.query(
                "INSERT INTO order_events (order_id, kind, actor) SELECT id, 'confirmed', 'test' FROM orders"
            )
            try await eventually("it is found without a notice") { stream.output.contains("event: confirmed") }
            api.process.send(SIGTERM)
            #expect(try await stream.ended() == 0, "curl ends with 18 where a stream was cut")
            #expect(try await api.process.ended() == 0)
        }
    }

    @Test func aTicketIsForOneStreamOfOneOrderWithinAMinute() async throws {
        try await TestShop.with { shop in
            let variant = try await shop.variant(stock: 50)
            try await shop.running([.api]) {
                let ada = try await shop.customer()
                let number = try await shop.ordered(variant.id, token: ada)
                let other = try await shop.ordered(variant.id, token: ada)
                func ticket() async throws -> String {
                    let answer = try await shop.call("POST", "/api/orders/\(number)/events/ticket", token: ada)
                    #expect(answer.status == 201)
                    return try #require(try answer.json()["ticket"] as? String)
                }
                func refusal(_ ticket: String, of number: String) async throws -> Int {
                    try await shop.call("GET", "/api/orders/\(number)/events?ticket=\(ticket)").status
                }
                #expect(try await refusal("made-up", of: number) == 401)
                let first = try await ticket()
                #expect(try await refusal(first, of: other) == 401)
                let stream = try shop.follow(number, "?ticket=\(first)")
                try await eventually("the stream has begun") { stream.output.contains("event: placed") }
                #expect(try await refusal(first, of: number) == 401, "a ticket is used up")
                // Kept as a hash only.
                #expect(
                    try await shop.count(
                        "SELECT count(*) FROM order_event_tickets WHERE encode(token_hash, 'escape') LIKE \(first)"
                    ) == 0
                )
                let late = try await ticket()
                try await shop.pool.query("UPDATE order_event_tickets SET expires_at = now()")
                #expect(try await refusal(late, of: number) == 401)

                var streams = [stream]
                for _ in 1..<8 { streams.append(try shop.follow(number, token: ada)) }
                try await eventually("eight streams stand") {
                    streams.allSatisfy { $0.output.contains("event: placed") }
                }
                let ninth = try await shop.call("GET", "/api/orders/\(number)/events", token: ada)
                #expect(ninth.status == 429)
                #expect(ninth.headers["retry-after"] != nil)
                streams[0].send(SIGKILL)
                // The place of a client that has gone is free again.
                let tenth = try await eventuallyFollows(number, shop, token: ada)
                for one in streams + [tenth] { one.send(SIGKILL) }
                for one in streams + [tenth] { try await one.ended() }
            }
        }
    }

    private func eventuallyFollows(_ number: String, _ shop: TestShop, token: String) async throws -> TestProcess {
        var stream = try shop.follow(number, token: token)
        try await eventually("there is a place", every: .milliseconds(200)) {
            if stream.output.contains("event: placed") { return true }
            if !stream.isRunning { stream = try shop.follow(number, token: token) }
            return false
        }
        return stream
    }
}
