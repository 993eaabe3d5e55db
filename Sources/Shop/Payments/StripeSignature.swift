import Crypto
package import Foundation

/// Whether a webhook is Stripe's own: `Stripe-Signature: t=1700000000,v1=…` over the time and the body as it came.
///
/// Source: https://docs.stripe.com/webhooks#verify-manually
package enum StripeSignature {
    /// How old, or how far ahead, a signature may be: an overheard one is of no use later.
    package static let tolerance: TimeInterval = 300

    /// - Parameters:
    ///   - header: of the request; several `v1` are allowed, while a secret is being replaced.
    ///   - body: byte for byte.
    package static func isValid(_ header: String, body: [UInt8], secret: String, now: Date) -> Bool {
        var time: Int64?
        var signatures: [[UInt8]] = []
        for field in header.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2 else { continue }
            if parts[0] == "t" { time = Int64(parts[1]) }
            if parts[0] == "v1", let bytes = bytes(ofHex: parts[1]) { signatures.append(bytes) }
        }
        guard let time, abs(now.timeIntervalSince1970 - Double(time)) <= tolerance else { return false }
        let expected = sign(body, at: time, secret: secret)
        return signatures.contains { ConstantTime.isEqual($0, expected) }
    }

    /// The bytes of `v1`.
    package static func sign(_ body: [UInt8], at time: Int64, secret: String) -> [UInt8] {
        HMAC.sha256(Array("\(time).".utf8) + body, key: Array(secret.utf8))
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) }
    }
}
