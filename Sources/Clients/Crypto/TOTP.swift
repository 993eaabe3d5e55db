package import Foundation

/// Time-based one-time passwords (RFC 6238) as every authenticator app makes them: HMAC-SHA1, steps of 30 seconds.
package struct TOTP: Sendable {
    /// Seconds that one code is shown for.
    package static let period = 30
    package static let digits = 6
    /// RFC 4226 section 4 recommends 160 bits, the length of the digest.
    package static let secretBytes = 20

    private let secret: [UInt8]

    package init(secret: [UInt8]) { self.secret = secret }

    /// The number of the time step that `date` lies in: the moving factor T of RFC 6238 section 4.2.
    package static func step(at date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 / Double(period)).rounded(.down))
    }

    /// The code of a step, with its leading zeros (RFC 4226 section 5.3).
    package func code(step: Int64, digits: Int = Self.digits) -> String {
        let counter = withUnsafeBytes(of: step.bigEndian) { Array($0) }
        let digest = HMAC.sha1(counter, key: secret)
        let offset = Int(digest[19] & 0x0f)
        let number = digest[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let modulus = (0..<digits).reduce(UInt32(1)) { power, _ in power * 10 }
        let text = String(number % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step whose code this is: the present one, or the one before or after it, since clocks differ and people type
    /// slowly (RFC 6238 section 5.2).
    ///
    /// A code must be taken once only: the caller keeps the step, and takes no code of that step or an older one again.
    package func step(of code: String, at date: Date) -> Int64? {
        let typed = Array(code.utf8)
        let now = Self.step(at: date)
        // All three are compared, so that the time tells nothing about which was near.
        return [now, now - 1, now + 1].filter { ConstantTime.isEqual(Array(self.code(step: $0).utf8), typed) }.first
    }

    /// What an app reads from a QR code (the Key URI format of Google Authenticator).
    ///
    /// - Parameters:
    ///   - issuer: the shop's name.
    ///   - account: how the user knows the account, such as the e-mail address.
    package func keyURI(issuer: String, account: String) -> String {
        func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? ""
        }
        return "otpauth://totp/\(escaped(issuer)):\(escaped(account))?secret=\(Base32.encode(secret))"
            + "&issuer=\(escaped(issuer))&algorithm=SHA1&digits=\(Self.digits)&period=\(Self.period)"
    }

    /// RFC 3986 section 2.3.
    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}
