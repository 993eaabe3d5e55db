#if canImport(Glibc)
import Glibc
#endif

/// A value behind a `pthread_mutex_t`.
///
/// `Synchronization.Mutex` is a futex that the thread sanitizer on Linux does not know, so it reports races that do not
/// exist; pthread's mutex is known to it, and an uncontended lock costs the same within a few nanoseconds.
public final class Lock<Value: ~Copyable>: @unchecked Sendable {
    // @unchecked: every access to `value` happens between pthread_mutex_lock and pthread_mutex_unlock.
    private struct Storage: ~Copyable {
        var mutex = pthread_mutex_t()
        var value: Value
    }

    // Beside the object, not in it: there a value without bytes has the address of the object's own header, and the
    // thread sanitizer takes every use of the object for one of the value.
    private let storage: UnsafeMutablePointer<Storage>

    public init(_ value: consuming sending Value) {
        storage = .allocate(capacity: 1)
        storage.initialize(to: Storage(value: value))
        pthread_mutex_init(&storage.pointee.mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(&storage.pointee.mutex)
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    /// Runs `body` with exclusive access. Keep it short: other threads wait.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(&storage.pointee.mutex)
        defer { pthread_mutex_unlock(&storage.pointee.mutex) }
        return try body(&storage.pointee.value)
    }
}
