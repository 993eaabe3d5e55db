import Foundation
import Threading

/// The places where a test may have a process killed, to prove that nothing is lost there.
public enum FailpointName: String, Sendable, CaseIterable {
    /// The transaction is committed; nothing has been published yet.
    case outboxAfterCommit = "outbox.after-commit"
    /// The job is written to the broker's socket; its confirm has not been read.
    case outboxAfterPublish = "outbox.after-publish"
    /// The broker confirmed; the outbox row is still there.
    case outboxAfterConfirm = "outbox.after-confirm"
    /// The relay holds the locks of a batch; nothing of it has been published.
    case relayAfterClaim = "relay.after-claim"
    /// The handler's transaction is committed; the job that follows from it is not published.
    case jobAfterCommit = "job.after-commit"
    /// The handler is done; its delivery is not acknowledged.
    case jobBeforeAck = "job.before-ack"
    /// The job waits on a retry rung; its delivery is not acknowledged, so that it is at two places.
    case jobMidRetry = "job.mid-retry"
    /// The same between a queue and its suspects.
    case jobMidSuspect = "job.mid-suspect"
    /// The same between a queue and its dead letters.
    case jobMidDeadLetter = "job.mid-dead-letter"
    /// The mail server took the mail; no row says so.
    case mailAfterSend = "mail.after-send"
    /// It is committed that the payment gateway may have been asked; it has not been.
    case paymentBeforeCall = "payment.before-call"
    /// The payment gateway answered; nothing of the answer is committed.
    case paymentAfterCall = "payment.after-call"
    /// The search engine took a batch; none of its jobs is acknowledged.
    case searchAfterBulk = "search.after-bulk"
    /// The broker confirmed the replayed job; its dead copy is not acknowledged.
    case deadMidReplay = "dead.mid-replay"
}

/// Kills the own process at a named place, as a power cut would. Exists in debug builds only.
///
/// `WHARF_FAILPOINT=outbox.after-commit` kills at the first hit, `…:3` at the third; several are separated by commas.
public enum Failpoint {
    /// Does nothing unless the environment arms `name`; does nothing at all in a release build.
    public static func hit(_ name: @autoclosure () -> FailpointName) {
        #if DEBUG
        guard !armed.isEmpty else { return }
        let name = name()
        guard let fatalHit = armed[name] else { return }
        let count = hits.withLock {
            $0[name, default: 0] += 1
            return $0[name, default: 0]
        }
        guard count == fatalHit else { return }
        FileHandle.standardError.write(Data("\(lastWords(name))\n".utf8))
        // SIGKILL rather than exit: no defer, no atexit, no flush may run.
        kill(getpid(), SIGKILL)
        #endif
    }

    #if DEBUG
    private static let hits = Lock<[FailpointName: Int]>([:])
    private static let armed: [FailpointName: Int] = {
        let setting = ProcessInfo.processInfo.environment["WHARF_FAILPOINT"] ?? ""
        guard let plan = parse(setting) else {
            // A misspelt failpoint would let the test that relies on it pass for nothing.
            let names = FailpointName.allCases.map(\.rawValue).joined(separator: ", ")
            fatalError("WHARF_FAILPOINT=\(setting): write NAME or NAME:COUNT, separated by commas; names are \(names)")
        }
        return plan
    }()
    #endif

    /// What the process leaves on standard error, so that a test can tell this death from any other.
    public static func lastWords(_ name: FailpointName) -> String { "killed at the failpoint \(name.rawValue)" }

    /// Which hit of which failpoint kills; `nil` when `setting` is malformed.
    static func parse(_ setting: String) -> [FailpointName: Int]? {
        var plan: [FailpointName: Int] = [:]
        for entry in setting.split(separator: ",") {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let name = FailpointName(rawValue: String(parts[0])) else { return nil }
            guard let count = parts.count == 2 ? Int(parts[1]) : 1, count > 0 else { return nil }
            plan[name] = count
        }
        return plan
    }
}
