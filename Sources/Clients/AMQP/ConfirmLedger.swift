/// Which published messages wait for the broker's word, by the number that confirms count with. Pure.
struct ConfirmLedger<Waiter> {
    struct Settled {
        let waiter: Waiter
        let result: Result<Void, AMQPError>
    }

    private struct Entry {
        let waiter: Waiter
        let messageID: String
        let deadline: ContinuousClock.Instant
        var returned: AMQPError?
    }

    private var entries: [UInt64: Entry] = [:]
    private var tagsByMessage: [String: [UInt64]] = [:]
    /// No tag below this one is outstanding.
    private var lowest: UInt64 = 1
    private var next: UInt64 = 1

    var count: Int { entries.count }

    /// Notes a message that is about to be written. Tags count from 1 on each channel.
    mutating func publish(_ waiter: Waiter, messageID: String, deadline: ContinuousClock.Instant) {
        entries[next] = Entry(waiter: waiter, messageID: messageID, deadline: deadline)
        tagsByMessage[messageID, default: []].append(next)
        next += 1
    }

    /// The broker could not route a message. It says so before it acks that message, and names it only by its content:
    /// of several outstanding copies, the oldest one not yet returned.
    mutating func returned(messageID: String, error: AMQPError) {
        guard let tag = tagsByMessage[messageID]?.first(where: { entries[$0]?.returned == nil }) else { return }
        entries[tag]?.returned = error
    }

    mutating func ack(_ tag: UInt64, multiple: Bool) -> [Settled] {
        take(tag, multiple).map { Settled(waiter: $0.waiter, result: $0.returned.map { .failure($0) } ?? .success(())) }
    }

    mutating func nack(_ tag: UInt64, multiple: Bool) -> [Settled] {
        let error = AMQPError(.nacked, "the broker could not take the message")
        return take(tag, multiple).map { Settled(waiter: $0.waiter, result: .failure($0.returned ?? error)) }
    }

    /// Gives up on what has waited too long. Messages expire in the order they were published.
    mutating func expire(now: ContinuousClock.Instant) -> [Settled] {
        var expired: [Settled] = []
        while lowest < next {
            if let entry = entries[lowest] {
                if entry.deadline > now { break }
                let error = AMQPError(.timeout, "the broker did not confirm in time")
                expired += take(lowest, false).map { Settled(waiter: $0.waiter, result: .failure(error)) }
            } else {
                lowest += 1
            }
        }
        return expired
    }

    /// The connection is gone: nobody will hear any more, and the next channel counts from 1 again.
    mutating func fail(_ error: AMQPError) -> [Settled] {
        let waiters = entries.sorted { $0.key < $1.key }.map {
            Settled(waiter: $0.value.waiter, result: .failure(error))
        }
        self = ConfirmLedger()
        return waiters
    }

    private mutating func take(_ tag: UInt64, _ multiple: Bool) -> [Entry] {
        guard tag < next else { return [] }
        var taken: [Entry] = []
        for tag in (multiple ? min(lowest, tag) : tag)...tag {
            guard let entry = entries.removeValue(forKey: tag) else { continue }
            taken.append(entry)
            tagsByMessage[entry.messageID]?.removeAll { $0 == tag }
            if tagsByMessage[entry.messageID]?.isEmpty == true { tagsByMessage[entry.messageID] = nil }
        }
        if multiple { lowest = max(lowest, tag + 1) }
        return taken
    }
}
