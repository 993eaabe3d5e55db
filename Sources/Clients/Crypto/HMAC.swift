internal import COpenSSL

/// Keyed digests (RFC 2104).
package enum HMAC {
    /// The HMAC-SHA256 of `data`, 32 bytes.
    package static func sha256(_ data: [UInt8], key: [UInt8]) -> [UInt8] {
        code(EVP_sha256(), length: 32, data, key)
    }

    /// The HMAC-SHA1 of `data`, 20 bytes: for one-time passwords, whose apps know nothing else (RFC 4226).
    package static func sha1(_ data: [UInt8], key: [UInt8]) -> [UInt8] { code(EVP_sha1(), length: 20, data, key) }

    private static func code(_ digest: OpaquePointer?, length: Int, _ data: [UInt8], _ key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { buffer, initialized in
            let code = COpenSSL.HMAC(digest, key, Int32(key.count), data, data.count, buffer.baseAddress, nil)
            // OpenSSL fails here only when memory is out or its default provider is not loaded.
            precondition(code != nil, "OpenSSL cannot compute an HMAC")
            initialized = length
        }
    }

    /// Whether `code` is the HMAC-SHA256 of `data`, in a time that does not depend on where they differ.
    package static func isValid(_ code: [UInt8], for data: [UInt8], key: [UInt8]) -> Bool {
        ConstantTime.isEqual(code, sha256(data, key: key))
    }
}
