import AMQP
import JobsAMQP
import TestSupport
import Testing

/// Notices over the real broker: what is heard comes by message, since nothing else looks here.
@Suite struct AMQPNoticesTests {
    /// Two programs, of which one listens; its queue is there as soon as a notice of its own comes back to it.
    private func withListener(
        _ server: TestBroker,
        _ body: (_ here: AMQPNotices, _ there: AMQPNotices, _ heard: Mailbox<[String]>) async throws -> Void
    ) async throws {
        let heard = Mailbox<[String]>()
        try await AMQPBroker.withConnection(url: server.url, application: "api") { api in
            try await AMQPBroker.withConnection(url: server.url, application: "worker-orders") { worker in
                let here = api.notices(of: "orders")
                let there = worker.notices(of: "orders")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await here.run() }
                    group.addTask { try await there.run() }
                    group.addTask { try await here.listen { heard.put($0) } }
                    try await eventually("the listener's queue stands", every: .milliseconds(50)) {
                        here.post("hello")
                        return heard.count > 0
                    }
                    try await body(here, there, heard)
                    group.cancelAll()
                }
            }
        }
    }

    /// The next notice but the greetings.
    private func next(_ heard: Mailbox<[String]>) async throws -> [String] {
        while true {
            let subjects = try await heard.next()
            if subjects != ["hello"] { return subjects }
        }
    }

    @Test func whatOnePostsTheOtherHears() async throws {
        try await withTestBroker { server in
            try await withListener(server) { _, there, heard in
                there.post("W-1")
                let subjects = try await next(heard)
                #expect(subjects == ["W-1"])
            }
        }
    }

    /// Its queue went with the connection; the listener makes another one.
    @Test func aListenerHearsAgainAfterItsConnectionWasLost() async throws {
        try await withTestBroker { server in
            try await withListener(server) { here, _, heard in
                // The broker's list of its connections lags behind them.
                try await eventually("the connections are closed", every: .milliseconds(200)) {
                    try server.closeConnections() > 0
                }
                try await eventually("a notice is heard again", every: .milliseconds(100)) {
                    here.post("W-2")
                    // Greetings from before may still lie there.
                    while heard.count > 0 {
                        if try await heard.next() == ["W-2"] { return true }
                    }
                    return false
                }
            }
        }
    }

    /// Nobody listens: the broker drops it, and nothing is returned as unroutable.
    @Test func noticesThatNobodyHearsDisturbNothing() async throws {
        try await withTestBroker { server in
            let configuration = try AMQPConfiguration(url: server.url)
            let events = Mailbox<AMQPEvent>()
            let publisher = AMQPPublisher(configuration) { events.put($0) }
            let running = Task { try await publisher.run() }
            while true { if case .connected = try await events.next() { break } }
            let notice = AMQPPublication(
                AMQPMessage(body: Array("W-3".utf8)),
                exchange: "amq.topic",
                routingKey: "wharf.notices.orders",
                isMandatory: false
            )
            #expect(await publisher.publish([notice]).allSatisfy { $0 == nil })
            #expect(events.count == 0)
            running.cancel()
            _ = await running.result
        }
    }
}
