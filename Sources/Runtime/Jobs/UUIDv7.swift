public import Foundation
import Threading

/// A UUID that sorts by the time of its making (RFC 9562 §5.7).
public struct UUIDv7: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// Its 128 bits, as Foundation and PostgreSQL take them.
    public let uuid: UUID

    /// A new one, greater than every one that this process made before, also within a millisecond and when the clock is
    /// set back.
    public init() {
        self = Self.generator.withLock { $0.next(milliseconds: UInt64(Date().timeIntervalSince1970 * 1_000)) }
    }

    /// - Parameter description: `nil` for anything but a UUID of version 7.
    public init?(_ description: String) {
        guard let uuid = UUID(uuidString: description), uuid.uuid.6 >> 4 == 7 else { return nil }
        self.uuid = uuid
    }

    init(uuid: UUID) { self.uuid = uuid }

    /// An id that follows from another one and a text: the same for the same two, and as unlikely as any to be that of
    /// something else. It keeps the time and the counter; the rest is mixed with the text's hash.
    init(following cause: UUIDv7, _ text: some Sequence<UInt8>) {
        // FNV-1a, 64 bits (draft-eastlake-fnv): it only has to spread, nobody is kept from guessing an id.
        let hash = text.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        var bytes = cause.uuid.uuid
        withUnsafeMutableBytes(of: &bytes) { bytes in
            // The two highest bits are the variant.
            for index in 8..<16 {
                let mixed = UInt8(truncatingIfNeeded: hash >> UInt64(8 * (15 - index)))
                bytes[index] ^= index == 8 ? mixed & 0x3F : mixed
            }
        }
        uuid = UUID(uuid: bytes)
    }

    public var description: String { uuid.uuidString.lowercased() }

    /// When it was made, to the millisecond.
    public var timestamp: Date {
        let b = uuid.uuid
        let milliseconds = [b.0, b.1, b.2, b.3, b.4, b.5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }

    public static func < (left: UUIDv7, right: UUIDv7) -> Bool { left.uuid < right.uuid }

    private static let generator = Lock(Generator())

    /// Keeps ids ascending by a counter in `rand_a` (RFC 9562 §6.2, method 1): it starts at random in the lower half of
    /// its 12 bits each millisecond, and where it would overflow the next millisecond is borrowed.
    struct Generator: Sendable {
        private var milliseconds: UInt64 = 0
        private var counter: UInt16 = 0

        mutating func next(milliseconds now: UInt64) -> UUIDv7 {
            if now > milliseconds {
                milliseconds = now
                counter = .random(in: 0..<0x800)
            } else if counter < 0xFFF {
                counter += 1
            } else {
                milliseconds += 1
                counter = 0
            }
            let high = milliseconds << 16 | 0x7000 | UInt64(counter)
            let low = UInt64.random(in: 0...UInt64.max) >> 2 | 1 << 63
            func byte(_ word: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: word >> (56 - 8 * index)) }
            return UUIDv7(
                uuid: UUID(
                    uuid: (
                        byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                        byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                        byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                        byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
                    )
                )
            )
        }
    }
}
