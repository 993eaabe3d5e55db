internal import CArgon2
internal import Threading

/// One thread that hashes: about 20 ms of CPU per password would otherwise hold a thread of the cooperative pool, and
/// every request in flight would feel it.
actor Argon2Thread {
    private let executor = ThreadExecutor(name: "argon2")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The PHC string of `password` under a fresh 16-byte salt, with a 32-byte tag (RFC 9106 section 4).
    func hash(_ password: [UInt8], _ parameters: Argon2Parameters) throws(CryptoError) -> String {
        let salt = Random.bytes(16)
        let capacity = argon2_encodedlen(
            parameters.iterations,
            parameters.memoryKiB,
            parameters.parallelism,
            UInt32(salt.count),
            32,
            Argon2_id
        )
        var encoded = [CChar](repeating: 0, count: capacity)
        let code = argon2id_hash_encoded(
            parameters.iterations,
            parameters.memoryKiB,
            parameters.parallelism,
            password,
            password.count,
            salt,
            salt.count,
            32,
            &encoded,
            capacity
        )
        guard code == ARGON2_OK.rawValue else { throw Self.failure(code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// libargon2 compares the tags in constant time.
    func verify(_ password: [UInt8], against phc: String) throws(CryptoError) -> Bool {
        let code = argon2id_verify(phc, password, password.count)
        switch code {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        case ARGON2_MEMORY_ALLOCATION_ERROR.rawValue, ARGON2_THREAD_FAIL.rawValue: throw Self.failure(code)
        default: throw .malformedHash
        }
    }

    private static func failure(_ code: Int32) -> CryptoError {
        .argon2(code: code, message: String(cString: argon2_error_message(code)))
    }
}
