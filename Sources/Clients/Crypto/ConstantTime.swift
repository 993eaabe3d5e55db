internal import COpenSSL

/// Comparison of secrets.
package enum ConstantTime {
    /// Compares in a time that depends on the length alone, so that an attacker cannot guess a secret byte by byte.
    /// The lengths themselves are not secret.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
