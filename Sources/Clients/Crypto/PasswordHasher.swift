internal import Foundation
internal import Synchronization
internal import Threading

/// Argon2id password hashes in PHC strings.
///
/// Each hash takes `memoryKiB` of memory and a core for some 20 ms, so both the number computed at once and the number
/// waiting are bounded: beyond that callers get `CryptoError.busy` at once, and a flood of logins cannot exhaust the
/// machine. The defaults are OWASP's minimum for Argon2id (Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane).
///
/// To spend the same time on an account that does not exist, call `hash` and drop the result.
package final class PasswordHasher: Sendable {
    private typealias Turn = CheckedContinuation<Result<Int, CryptoError>, Never>

    private let parameters: Argon2Parameters
    private let threads: [Argon2Thread]
    private let slots: Lock<HashingSlots<Turn>>
    private let nextID = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - memoryKiB: memory per hash, in KiB.
    ///   - iterations: passes over that memory.
    ///   - parallelism: Argon2 lanes; the hash of one password then uses as many threads.
    ///   - maximumConcurrency: passwords hashed at once.
    ///   - maximumWaiting: callers that may wait for their turn.
    package init(
        memoryKiB: Int = 19_456,
        iterations: Int = 2,
        parallelism: Int = 1,
        maximumConcurrency: Int = 2,
        maximumWaiting: Int = 64
    ) {
        parameters = Argon2Parameters(
            memoryKiB: UInt32(memoryKiB),
            iterations: UInt32(iterations),
            parallelism: UInt32(parallelism)
        )
        threads = (0..<maximumConcurrency).map { _ in Argon2Thread() }
        slots = Lock(HashingSlots(slots: maximumConcurrency, maximumWaiting: maximumWaiting))
    }

    /// The PHC string to store. Hashing the same password again gives another string (fresh salt).
    package func hash(_ password: String) async throws(CryptoError) -> String {
        let slot = try await acquire()
        defer { release(slot) }
        return try await threads[slot].hash(Self.bytes(of: password), parameters)
    }

    /// Whether `password` is the one that `phc` was made of, whatever parameters `phc` was made with.
    package func verify(_ password: String, against phc: String) async throws(CryptoError) -> Bool {
        guard Argon2Parameters(phc: phc) != nil else { throw .malformedHash }
        let slot = try await acquire()
        defer { release(slot) }
        return try await threads[slot].verify(Self.bytes(of: password), against: phc)
    }

    /// Whether `phc` was made with other parameters than this hasher's, so that a login should store a new hash.
    package func needsRehash(_ phc: String) -> Bool {
        Argon2Parameters(phc: phc) != parameters
    }

    /// Unicode NFC first (RFC 8265 section 4.2.2): keyboards differ in whether they send "é" as one scalar or as two.
    private static func bytes(of password: String) -> [UInt8] {
        Array(password.precomposedStringWithCanonicalMapping.utf8)
    }

    private func acquire() async throws(CryptoError) -> Int {
        let id = nextID.add(1, ordering: .relaxed).newValue
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (turn: Turn) in
                let admission = slots.withLock { slots in
                    // Checked under the lock: a cancellation after this finds the waiter in the line.
                    Task.isCancelled ? nil : slots.admit(id: id, waiter: turn)
                }
                switch admission {
                case .granted(let slot): turn.resume(returning: .success(slot))
                case .waits: break
                case .refused: turn.resume(returning: .failure(.busy))
                case nil: turn.resume(returning: .failure(.cancelled))
                }
            }
        } onCancel: {
            slots.withLock { $0.withdraw(id: id) }?.resume(returning: .failure(.cancelled))
        }
        return try outcome.get()
    }

    private func release(_ slot: Int) {
        slots.withLock { $0.release(slot: slot) }?.resume(returning: .success(slot))
    }
}
