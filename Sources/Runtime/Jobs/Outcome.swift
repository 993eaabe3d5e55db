/// What a handler says became of a job.
public enum Outcome: Equatable, Sendable {
    /// It is done, or was done before.
    case done
    /// Run it again later; spends an attempt. After the last attempt it goes to the dead letters with `reason`.
    ///
    /// `after` is at least how long to wait, as far as the queue's ladder goes; without it, the wait grows with attempts.
    case retry(after: Duration? = nil, reason: String)
    /// It can never be done: to the dead letters.
    case reject(reason: String)
    /// Not yet: run it again after about this long, as far as the queue's ladder goes; spends no attempt.
    case snooze(for: Duration)
}
