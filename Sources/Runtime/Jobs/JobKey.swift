/// A name that jobs of one kind share when one of them is enough: enqueued with the same key within the window, only the
/// first becomes a job.
///
/// A key answers "is such a job on its way?", so that the answer is right only as long as the job has not read what it
/// works on. A handler whose jobs depend on the state of the moment frees the key when it begins.
public struct JobKey: Hashable, Sendable {
    /// Unique among the jobs of one name; at most 1,000 bytes.
    public let name: String
    /// How long it keeps others away, unless it is freed before.
    public let window: Duration

    /// - Parameter window: from 1 s to ``JobDelay/longest``; a shorter or longer one is refused when the job is enqueued.
    public init(_ name: String, within window: Duration) {
        self.name = name
        self.window = window
    }
}
