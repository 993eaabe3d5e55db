internal import CCurl
internal import CLinux
internal import Foundation
internal import Synchronization

/// A few threads that drive one transfer each, every thread with a connection that it keeps for the next.
///
/// For SMTP, which libcurl's multi interface serves only in part: it blocks its thread until the server has answered the
/// end of a mail or a QUIT, and a transfer taken out of it half-way has its mail *finished*, truncated as it is. So a
/// thread here may block, and a transfer is stopped from inside, by its progress callback.
package final class CurlThreads: Sendable {
    private let queue = CurlQueue()

    /// - Parameters:
    ///   - name: the threads' name (Linux keeps the first 15 bytes).
    ///   - count: the number of threads and so of connections; transfers beyond it wait, on their own timeout.
    package init(name: String, count: Int) {
        CurlLibrary.load()
        for _ in 0..<count {
            Thread.detachNewThread { [queue] in
                clinux_set_thread_name(name)
                queue.work()
            }
        }
    }

    deinit { queue.close() }

    /// Runs `transfer` to its end. When the task is cancelled the transfer stops within a second.
    package func perform(_ transfer: CurlTransfer) async -> CurlOutcome {
        await withTaskCancellationHandler {
            await CurlCompletion.wait { queue.append(transfer, $0) }
        } onCancel: {
            queue.cancel(transfer)
        }
    }

    /// Ends every transfer with `.closed`, and the threads; idempotent.
    package func shutdown() { queue.close() }
}

/// The transfers that wait for a thread and those that have one.
private final class CurlQueue: @unchecked Sendable {
    // @unchecked: everything is touched only while `condition` is locked.
    private struct Entry {
        let transfer: CurlTransfer
        let completion: CurlCompletion
        let deadline: ContinuousClock.Instant
    }

    private let condition = NSCondition()
    private var waiting: [Entry] = []
    private var running: [ObjectIdentifier: CurlTransfer] = [:]
    private var isClosed = false

    func append(_ transfer: CurlTransfer, _ completion: CurlCompletion) {
        let refusal: CurlOutcome? = condition.withLock {
            if isClosed { return .closed }
            if transfer.isStopped.load(ordering: .relaxed) { return .cancelled }
            let deadline = ContinuousClock.now + transfer.timeout
            waiting.append(Entry(transfer: transfer, completion: completion, deadline: deadline))
            condition.signal()
            return nil
        }
        if let refusal { completion.resume(returning: refusal) }
    }

    func cancel(_ transfer: CurlTransfer) {
        let withdrawn: Entry? = condition.withLock {
            transfer.isStopped.store(true, ordering: .relaxed)
            return waiting.firstIndex { $0.transfer === transfer }.map { waiting.remove(at: $0) }
        }
        withdrawn?.completion.resume(returning: .cancelled)
    }

    func close() {
        let dropped = condition.withLock {
            isClosed = true
            for transfer in running.values { transfer.isStopped.store(true, ordering: .relaxed) }
            condition.broadcast()
            defer { waiting = [] }
            return waiting
        }
        for entry in dropped { entry.completion.resume(returning: .closed) }
    }

    /// One thread's life. The multi handle is only there to keep the connection between two transfers.
    func work() {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl cannot allocate a multi handle") }
        defer { curl_multi_cleanup(multi) }
        while let entry = next() {
            let code = run(entry, on: multi)
            entry.completion.resume(returning: outcome(of: entry.transfer, code))
        }
    }

    private func outcome(of transfer: CurlTransfer, _ code: CURLcode) -> CurlOutcome {
        let isClosed = condition.withLock {
            running[ObjectIdentifier(transfer)] = nil
            return self.isClosed
        }
        switch code {
        case CURLE_OK: return .succeeded
        case CURLE_ABORTED_BY_CALLBACK where isClosed: return .closed
        case CURLE_ABORTED_BY_CALLBACK where transfer.isStopped.load(ordering: .relaxed): return .cancelled
        case CURLE_ABORTED_BY_CALLBACK: return .failed(transfer.failure(CURLE_OPERATION_TIMEDOUT))
        default: return .failed(transfer.failure(code))
        }
    }

    /// Whoever waited longest; nil when the queue is closed. With one timeout for all, nobody waits past their own
    /// deadline: who holds the threads has an earlier one.
    private func next() -> Entry? {
        condition.withLock {
            while waiting.isEmpty && !isClosed { condition.wait() }
            if isClosed { return nil }
            let entry = waiting.removeFirst()
            running[ObjectIdentifier(entry.transfer)] = entry.transfer
            return entry
        }
    }

    private func run(_ entry: Entry, on multi: UnsafeMutableRawPointer) -> CURLcode {
        let transfer = entry.transfer
        transfer.stopWhenAsked(deadline: entry.deadline)
        if let code = transfer.configurationFailure { return code }
        guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else { return CURLE_FAILED_INIT }
        defer { curl_multi_remove_handle(multi, transfer.easy) }
        while true {
            var stillRunning: Int32 = 0
            curl_multi_perform(multi, &stillRunning)
            var remaining: Int32 = 0
            if let message = curl_multi_info_read(multi, &remaining) { return ccurl_message_result(message) }
            // Every second the progress callback has its say, whether or not the server has.
            let wait = min(.seconds(1), entry.deadline - .now)
            curl_multi_poll(multi, nil, 0, Int32(clamping: wait.milliseconds), nil)
        }
    }
}
