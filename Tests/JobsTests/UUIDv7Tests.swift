import Foundation
import Testing

@testable import Jobs

@Suite struct UUIDv7Tests {
    @Test func hasVersionAndVariantOfTheRFC() throws {
        let id = UUIDv7()
        let bytes = id.uuid.uuid
        #expect(bytes.6 >> 4 == 7)
        #expect(bytes.8 >> 6 == 0b10)
        #expect(UUIDv7(id.description) == id)
        #expect(id.description == id.description.lowercased())
    }

    @Test func tellsWhenItWasMade() throws {
        // The example of RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00.
        let example = try #require(UUIDv7("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(example.timestamp == Date(timeIntervalSince1970: 1_645_557_742))
    }

    @Test func refusesOtherUUIDs() {
        #expect(UUIDv7("f81d4fae-7dec-41d0-a765-00a0c91e6bf6") == nil)
        #expect(UUIDv7("hello") == nil)
    }

    @Test func ascendsWithinAMillisecondAndOverClockSteps() {
        var generator = UUIDv7.Generator()
        var last = generator.next(milliseconds: 1_000)
        // More than the counter's 4096 values, within one millisecond, and then with the clock set back.
        for now in [UInt64](repeating: 1_000, count: 5_000) + [999, 500, 1_001, 2_000] {
            let next = generator.next(milliseconds: now)
            #expect(last < next)
            #expect(last.description < next.description)
            last = next
        }
    }

    @Test func whatFollowsFromTheSameIsTheSame() throws {
        let (cause, other) = (UUIDv7(), UUIDv7())
        let id = UUIDv7(following: cause, "mail".utf8)
        #expect(id == UUIDv7(following: cause, "mail".utf8))
        #expect(UUIDv7(id.description) == id)
        #expect(id.uuid.uuid.8 >> 6 == 0b10)
        #expect(id.timestamp == cause.timestamp)
        #expect(
            Set([cause, id, UUIDv7(following: cause, "post".utf8), UUIDv7(following: other, "mail".utf8)]).count == 4
        )
    }

    @Test func differsBetweenThreads() async {
        let ids = await withTaskGroup(of: [UUIDv7].self) { group in
            for _ in 0..<8 { group.addTask { (0..<1_000).map { _ in UUIDv7() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 8_000)
    }
}
