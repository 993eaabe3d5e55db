/// Why a password could not be hashed or checked.
package enum CryptoError: Error, Hashable, Sendable {
    /// Every hashing thread is busy and the waiting room is full: answer 503 rather than queue without end.
    case busy
    /// The task was cancelled before its turn came.
    case cancelled
    /// The stored text is no Argon2id hash in PHC form.
    case malformedHash
    /// libargon2's own code and text, in practice out of memory.
    case argon2(code: Int32, message: String)
}
