import Postgres

/// When the primary's log passed which position, as far as it was looked at: with it, a replica's position says how old
/// its data is. Pure.
///
/// The time of the replica's last transaction would not: on an idle primary it grows though nothing is missing.
struct PositionLog {
    private struct Mark {
        let lsn: PostgresLSN
        let at: ContinuousClock.Instant
    }

    /// At ten looks a second, a minute of a log that never rests.
    private static let capacity = 600

    private var marks: [Mark] = []
    private var lastLook: ContinuousClock.Instant?

    mutating func note(_ lsn: PostgresLSN, at now: ContinuousClock.Instant) {
        lastLook = now
        if let last = marks.last {
            if last.lsn == lsn { return }
            // Another primary, promoted before it had everything: what was noted is of a past that is gone.
            if lsn < last.lsn { marks.removeAll() }
        }
        if marks.count == Self.capacity { marks.removeFirst(Self.capacity / 2) }
        marks.append(Mark(lsn: lsn, at: now))
    }

    /// Write-ahead log in bytes between a replica's position and the primary's.
    func lag(of replayed: PostgresLSN) -> UInt64 {
        guard let newest = marks.last?.lsn, newest > replayed else { return 0 }
        return newest.position - replayed.position
    }

    /// How long before the last look at the primary it had what a replica does not show yet. While the primary is away,
    /// this stands still: nothing new is missing.
    func delay(of replayed: PostgresLSN) -> Duration {
        guard let lastLook, let first = firstMark(beyond: replayed) else { return .zero }
        return marks[first].at.duration(to: lastLook)
    }

    private func firstMark(beyond replayed: PostgresLSN) -> Int? {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].lsn > replayed { high = middle } else { low = middle + 1 }
        }
        return low < marks.count ? low : nil
    }
}
