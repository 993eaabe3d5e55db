public import Foundation

/// How far ahead a job may be put off.
public enum JobDelay {
    /// 30 days. What lies further ahead belongs into the data that it is about, where a periodic job finds it.
    public static let longest: Duration = .seconds(30 * 86_400)
}

/// Keeps jobs for longer than the rungs of their queue reach, as `Outbox` does in PostgreSQL.
public protocol JobPostponer: Sendable {
    /// Returns when the job is kept safely: at about `due` it goes to `queue` again, under its own id and with all its
    /// headers. Asked twice for one id, it is kept once.
    ///
    /// - Throws: when the job is not kept; it then waits on its queue's longest rung.
    func postpone(_ envelope: JobEnvelope, until due: Date, queue: String) async throws
}
