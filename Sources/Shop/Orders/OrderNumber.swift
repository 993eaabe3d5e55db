import Crypto
package import Foundation

/// The name of an order for people: `W-261121-7K3MX9QD`, its day in UTC and forty random bits.
///
/// Made by the API before the insert, so that everything of the order can be written in one round trip; forty bits of a
/// CSPRNG cannot be guessed from a neighbour's, and the database's unique constraint catches the rare equal draw.
package struct OrderNumber: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Crockford's base 32: no I, L, O or U, so that it can be read out on the telephone.
    /// Source: https://www.crockford.com/base32.html
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// Accepts what people type: lower case, and O, I, L for the digits that they look like.
    package init?(rawValue: String) {
        let parts = rawValue.uppercased().split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "W", parts[1].count == 6,
            parts[1].allSatisfy({ "0123456789".contains($0) }),
            parts[2].count == 8
        else { return nil }
        let code = String(parts[2].map { $0 == "O" ? "0" : $0 == "I" || $0 == "L" ? "1" : $0 })
        guard code.allSatisfy(Self.alphabet.contains) else { return nil }
        self.rawValue = "W-\(parts[1])-\(code)"
    }

    package static func generate(at date: Date) -> OrderNumber {
        OrderNumber(date: date, random: Random.bytes(5))
    }

    /// - Parameter random: five bytes.
    init(date: Date, random: [UInt8]) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let day = calendar.dateComponents([.year, .month, .day], from: date)
        let digits = [(day.year ?? 0) % 100, day.month ?? 0, day.day ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
        var bits = random.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var code: [Character] = []
        for _ in 0..<8 {
            code.append(Self.alphabet[Int(bits & 31)])
            bits >>= 5
        }
        rawValue = "W-\(digits.joined())-\(String(code))"
    }

    package var description: String { rawValue }
}
