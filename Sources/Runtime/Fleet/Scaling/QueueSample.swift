/// What is known of one queue and its workers at one moment: all that a scaling policy may go by.
package struct QueueSample: Sendable, Equatable {
    /// Messages that wait in the broker.
    package var ready: Int
    /// Messages that workers hold: those that run, and those that were fetched ahead.
    package var unacked: Int
    /// Jobs that run.
    package var running: Int
    /// New jobs a second.
    package var arrivalsPerSecond: Double
    /// Seconds for which one job takes one of a worker's places; `nil` before any has ended.
    package var secondsPerJob: Double?
    /// Places of one worker: runs that it has in flight.
    package var places: Int
    /// How long the last delivered job had waited, in seconds; while messages are ready and none is delivered, the time
    /// since. The queue itself is never peeked at for it, which would raise delivery counts.
    package var oldestAgeSeconds: Double
    /// Whether the jobs that wait became no fewer since the sample before.
    package var isGrowing = false
    /// Whether an operator holds the queue, or its workers take nothing although they could: more would take nothing either.
    package var isHeld = false
    /// The most starts in a second by all workers together; `nil` for as many as they can.
    package var rateLimitPerSecond: Int?

    package init(
        ready: Int,
        unacked: Int = 0,
        running: Int = 0,
        arrivalsPerSecond: Double,
        secondsPerJob: Double?,
        places: Int,
        oldestAgeSeconds: Double
    ) {
        self.ready = ready
        self.unacked = unacked
        self.running = running
        self.arrivalsPerSecond = arrivalsPerSecond
        self.secondsPerJob = secondsPerJob
        self.places = places
        self.oldestAgeSeconds = oldestAgeSeconds
    }

    /// Jobs that wait for a place, in the broker or in a worker.
    package var waiting: Int { ready + max(0, unacked - running) }

    /// Jobs a second that one worker does when all its places are taken; `nil` before that was measured.
    package var jobsPerWorkerSecond: Double? {
        // By Little's law: as many runs as there are places, each of which takes so long.
        secondsPerJob.map { Double(places) / max($0, 1e-6) }
    }
}
