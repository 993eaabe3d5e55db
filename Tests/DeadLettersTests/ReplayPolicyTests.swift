import AMQP
import Foundation
import Jobs
import JobsAMQP
import Testing

@testable import DeadLetters

@Suite struct ReplayPolicyTests {
    private func replayed(_ entry: DeadLetterEntry, isForced: Bool = false) throws -> AMQPMessage {
        guard case .publish(let job) = ReplayPolicy(isForced: isForced).decide(entry) else { throw Refused() }
        return AMQPMessage(job, application: "wharf")
    }

    private struct Refused: Error {}

    @Test func keepsWhatNamesTheJobAndDropsWhatItDiedOf() throws {
        let entry = letter(headers: ["x-mine": "1", "x-wharf-earlier-deliveries": "3"])
        let message = try replayed(entry)
        #expect(message.body == entry.envelope.body)
        #expect(message.properties.messageID == "m")
        #expect(message.properties.type == "order.process")
        #expect(message.properties.correlationID == "c")
        #expect(message.properties.timestamp == entry.envelope.enqueuedAt)
        #expect(
            message.properties.headers == [
                "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "x-wharf-lsn": "0/1",
                "x-wharf-idempotency-key": "k", "x-wharf-version": 1, "x-wharf-attempt": 1, "x-wharf-replays": "1",
                "x-mine": "1",
            ]
        )
    }

    @Test func countsUpToItsCap() throws {
        #expect(try replayed(letter(headers: ["x-wharf-replays": "2"])).properties.headers["x-wharf-replays"] == "3")
        let spent = letter(headers: ["x-wharf-replays": "3"])
        #expect(
            ReplayPolicy(isForced: false).decide(spent)
                == .refuse("was replayed 3 times already; --force overrides")
        )
        #expect(try replayed(spent, isForced: true).properties.headers["x-wharf-replays"] == "4")
    }

    @Test(arguments: ["", "many", "-7"])
    func anAbsurdCountIsNone(_ text: String) throws {
        #expect(try replayed(letter(headers: ["x-wharf-replays": text])).properties.headers["x-wharf-replays"] == "1")
    }

    @Test func whatHasNoIdIsRefused() throws {
        guard case .refuse = ReplayPolicy(isForced: false).decide(letter(id: nil)) else { throw Refused() }
        _ = try replayed(letter(id: nil), isForced: true)
    }

    /// A pass that outlasts the broker's patience would have its channel closed on it in the middle.
    @Test func aRateThatTakesTooLongNamesTheLimitThatDoesNot() {
        func limit(_ limit: Int?, rate: Int?, of count: Int) -> Int? {
            DeadLetterReplay(filter: .init(), policy: .init(isForced: false), limit: limit, rate: rate)
                .affordableLimit(of: count)
        }
        #expect(limit(nil, rate: 1, of: 1_500) == nil)
        #expect(limit(nil, rate: 1, of: 1_501) == 1_500)
        #expect(limit(1_000, rate: 1, of: 100_000) == nil)
        #expect(limit(nil, rate: nil, of: 1_000_000) == nil)
    }
}
