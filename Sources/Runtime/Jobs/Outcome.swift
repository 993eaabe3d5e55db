/// What a handler says became of a job.
public enum Outcome: Equatable, Sendable {
    /// It is done, or was done before.
    case done
    /// Run it again later; spends an attempt. After the last attempt it goes to the dead letters with `reason`.
    ///
    /// `after` is at least how long to wait, up to ``JobDelay/longest``; without it, the wait grows with attempts. Beyond
    /// the longest rung of the queue it needs the worker's ``JobPostponer``; without one, that rung is all it waits.
    case retry(after: Duration? = nil, reason: String)
    /// It can never be done: to the dead letters.
    case reject(reason: String)
    /// Not yet: run it again after about this long, up to ``JobDelay/longest``; spends no attempt. Beyond the longest rung
    /// of the queue it needs the worker's ``JobPostponer``; without one, that rung is all it waits.
    case snooze(for: Duration)
}
