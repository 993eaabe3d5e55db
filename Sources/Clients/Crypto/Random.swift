internal import COpenSSL

/// Bytes from OpenSSL's cryptographically secure generator.
package enum Random {
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Without a seeded generator every token would be guessable: there is nothing sensible to go on with.
            precondition(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "OpenSSL has no randomness")
            initialized = count
        }
    }

    /// A token for URLs and headers.
    /// - Parameter bytes: its entropy in bytes; the text is a third longer.
    package static func token(bytes count: Int) -> String {
        Base64URL.encode(bytes(count))
    }
}
