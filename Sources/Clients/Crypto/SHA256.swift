internal import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The digest, 32 bytes.
    package static func hash(_ data: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, initialized in
            let succeeded = EVP_Digest(data, data.count, buffer.baseAddress, nil, EVP_sha256(), nil)
            // OpenSSL fails here only when memory is out or its default provider is not loaded.
            precondition(succeeded == 1, "OpenSSL cannot compute SHA-256")
            initialized = 32
        }
    }
}
