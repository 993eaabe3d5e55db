import CLinux
import Foundation

/// A serial executor that owns one OS thread.
///
/// Blocking C calls (libpq, libargon2) run on actors of such an executor, so that they never hold a thread of Swift's
/// cooperative pool, which has only as many threads as the machine has cores.
///
/// The thread lives as long as the executor: `deinit` lets it end after the jobs already enqueued.
public final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    /// - Parameter name: the thread's name, as `top -H` and a debugger show it (Linux keeps the first 15 bytes).
    public init(name: String) {
        queue = JobQueue()
        Thread.detachNewThread { [queue] in
            // Foundation keeps a thread's name to itself; this one is seen by top and debuggers.
            clinux_set_thread_name(name)
            queue.run()
        }
    }

    deinit { queue.close() }

    public func enqueue(_ job: consuming ExecutorJob) {
        queue.append(UnownedJob(job), on: self)
    }
}

/// The jobs waiting for one thread.
private final class JobQueue: @unchecked Sendable {
    // @unchecked: `jobs` and `isClosed` are touched only while `condition` is locked.
    private let condition = NSCondition()
    // With the executor itself: a job may drop the last reference to its actor, and with it the executor it runs on.
    private var jobs: [(UnownedJob, ThreadExecutor)] = []
    private var isClosed = false

    func append(_ job: UnownedJob, on executor: ThreadExecutor) {
        condition.lock()
        jobs.append((job, executor))
        condition.signal()
        condition.unlock()
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.signal()
        condition.unlock()
    }

    func run() {
        while true {
            condition.lock()
            while jobs.isEmpty && !isClosed { condition.wait() }
            let batch = jobs
            jobs.removeAll(keepingCapacity: true)
            condition.unlock()
            if batch.isEmpty { return }
            for (job, executor) in batch { job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
        }
    }
}
