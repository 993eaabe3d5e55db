internal import COpenSSL

/// Keyed digests (RFC 2104).
package enum HMAC {
    /// The HMAC-SHA256 of `data`, 32 bytes.
    package static func sha256(_ data: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
            let code = COpenSSL.HMAC(
                EVP_sha256(),
                key,
                Int32(key.count),
                data,
                data.count,
                buffer.baseAddress,
                nil
            )
            // OpenSSL fails here only when memory is out or its default provider is not loaded.
            precondition(code != nil, "OpenSSL cannot compute HMAC-SHA256")
            initialized = 32
        }
    }

    /// Whether `code` is the HMAC-SHA256 of `data`, in a time that does not depend on where they differ.
    package static func isValid(_ code: [UInt8], for data: [UInt8], key: [UInt8]) -> Bool {
        ConstantTime.isEqual(code, sha256(data, key: key))
    }
}
