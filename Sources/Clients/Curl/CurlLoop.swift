internal import CCurl
internal import CLinux
internal import Foundation
internal import Synchronization
internal import Threading

/// One thread that drives any number of transfers by libcurl's multi interface, with one pool of connections.
///
/// A caller hands over a transfer and awaits its end; nothing of libcurl runs on the caller's thread. For HTTP, which
/// libcurl never blocks on; for SMTP see `CurlThreads`.
package final class CurlLoop: Sendable {
    private let thread: CurlThread

    /// - Parameters:
    ///   - name: the thread's name (Linux keeps the first 15 bytes).
    ///   - maximumConnectionsPerHost: transfers beyond it wait for a free connection, on their own timeout.
    package init(name: String, maximumConnectionsPerHost: Int) {
        CurlLibrary.load()
        let thread = CurlThread(maximumConnectionsPerHost: maximumConnectionsPerHost)
        self.thread = thread
        Thread.detachNewThread {
            clinux_set_thread_name(name)
            thread.run()
        }
    }

    deinit { thread.close() }

    /// Runs `transfer` to its end. When the task is cancelled the transfer is dropped and its connection closed.
    package func perform(_ transfer: CurlTransfer) async -> CurlOutcome {
        await withTaskCancellationHandler {
            await CurlCompletion.wait { thread.start(transfer, $0) }
        } onCancel: {
            thread.cancel(transfer)
        }
    }

    /// Ends every transfer with `.closed`, and the thread; idempotent.
    package func shutdown() { thread.close() }
}

/// What runs on the thread.
private final class CurlThread: @unchecked Sendable {
    // @unchecked: `multi` and `running` belong to the thread; the others only use `mailbox`, which has a lock, and
    // wake the thread under that lock, so never after it has cleaned up.
    private enum Command {
        case start(CurlTransfer, CurlCompletion)
        case cancel(CurlTransfer)
    }

    private struct Mailbox {
        var commands: [Command] = []
        var isClosed = false
    }

    private struct Running {
        let transfer: CurlTransfer
        let completion: CurlCompletion
        let deadline: ContinuousClock.Instant
    }

    private let multi: UnsafeMutableRawPointer
    private let mailbox = Lock(Mailbox())
    private var running: [UnsafeMutableRawPointer: Running] = [:]

    init(maximumConnectionsPerHost: Int) {
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl cannot allocate a multi handle") }
        self.multi = multi
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, maximumConnectionsPerHost)
    }

    func start(_ transfer: CurlTransfer, _ completion: CurlCompletion) {
        let isClosed = post(.start(transfer, completion))
        if isClosed { completion.resume(returning: .closed) }
    }

    func cancel(_ transfer: CurlTransfer) {
        // The flag is for a cancellation that arrives before its transfer, the command for one that arrives after.
        transfer.isStopped.store(true, ordering: .relaxed)
        _ = post(.cancel(transfer))
    }

    func close() {
        mailbox.withLock { mailbox in
            if mailbox.isClosed { return }
            mailbox.isClosed = true
            curl_multi_wakeup(multi)
        }
    }

    /// Returns whether the loop is closed, and the command therefore dropped.
    private func post(_ command: Command) -> Bool {
        mailbox.withLock { mailbox in
            if mailbox.isClosed { return true }
            mailbox.commands.append(command)
            curl_multi_wakeup(multi)
            return false
        }
    }

    func run() {
        while true {
            let mail = mailbox.withLock { mailbox in
                defer { mailbox.commands = [] }
                return mailbox
            }
            mail.commands.forEach(obey)
            if mail.isClosed { return end() }
            turn()
            // A wakeup that came since the mail was read ends this at once; libcurl shortens it for its own timers.
            curl_multi_poll(multi, nil, 0, Int32(clamping: untilNextDeadline().milliseconds), nil)
        }
    }

    private func obey(_ command: Command) {
        switch command {
        case .start(let transfer, let completion):
            if transfer.isStopped.load(ordering: .relaxed) {
                completion.resume(returning: .cancelled)
            } else if let code = transfer.configurationFailure {
                completion.resume(returning: .failed(transfer.failure(code)))
            } else {
                let deadline = ContinuousClock.now + transfer.timeout
                running[transfer.easy] = Running(transfer: transfer, completion: completion, deadline: deadline)
                guard curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
                    return finish(transfer.easy, .failed(transfer.failure(CURLE_FAILED_INIT)))
                }
            }
        case .cancel(let transfer):
            finish(transfer.easy, .cancelled)
        }
    }

    /// Moves every transfer as far as it goes without waiting.
    private func turn() {
        var stillRunning: Int32 = 0
        curl_multi_perform(multi, &stillRunning)
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = ccurl_message_result(message)
            guard let transfer = running[easy]?.transfer else { continue }
            finish(easy, code == CURLE_OK ? .succeeded : .failed(transfer.failure(code)))
        }
    }

    /// Ends what has run out of time, and says how long the rest has at least. libcurl's own timeout stands still while
    /// a transfer waits for a connection, so that it would wait for ever behind one that hangs.
    private func untilNextDeadline() -> Duration {
        let now = ContinuousClock.now
        var next: Duration = .seconds(60)
        for (easy, each) in running {
            if each.deadline <= now {
                finish(easy, .failed(each.transfer.failure(CURLE_OPERATION_TIMEDOUT)))
            } else {
                next = min(next, each.deadline - now)
            }
        }
        return next
    }

    /// Takes the transfer out of libcurl's hands before its owner gets it back.
    private func finish(_ easy: UnsafeMutableRawPointer, _ outcome: CurlOutcome) {
        guard let ended = running.removeValue(forKey: easy) else { return }
        curl_multi_remove_handle(multi, easy)
        ended.completion.resume(returning: outcome)
    }

    private func end() {
        for easy in Array(running.keys) { finish(easy, .closed) }
        curl_multi_cleanup(multi)
    }
}
