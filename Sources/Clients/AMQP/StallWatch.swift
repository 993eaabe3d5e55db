/// Decides when a silent subscription is looked into, and what the look means. Pure.
///
/// A subscription can stand and yet bring nothing: its cancellation was lost on the way, or the broker forgot it. The
/// client alone cannot tell that from an empty queue, so it asks how many messages wait and how many consumers there are.
struct StallWatch {
    enum Finding: Equatable {
        case fine
        /// Subscribe anew.
        case stalled
        /// Subscribing anew has not helped: connect anew.
        case hopeless
    }

    private let interval: Duration
    private var isDelivering = true
    private var quietSince: ContinuousClock.Instant?
    /// Messages were waiting when it was last looked.
    private var wasBehind = false
    private var stalls = 0

    /// - Parameter interval: how long a subscription is silent before each look.
    init(interval: Duration) { self.interval = interval }

    /// Something came.
    mutating func delivered() { isDelivering = true }

    /// Whether to look now.
    ///
    /// - Parameter canReceive: there is a subscription, and room for a delivery.
    mutating func isDue(at now: ContinuousClock.Instant, canReceive: Bool) -> Bool {
        if isDelivering { stalls = 0 }
        guard canReceive, !isDelivering, let quietSince else {
            isDelivering = false
            wasBehind = false
            quietSince = now
            return false
        }
        return quietSince.duration(to: now) >= interval
    }

    /// Once may be chance, since other consumers empty the queue as well; twice without a delivery in between is not.
    mutating func looked(at now: ContinuousClock.Instant, ready: Int, consumers: Int) -> Finding {
        quietSince = now
        let isStalled = consumers == 0 || (ready > 0 && wasBehind)
        wasBehind = ready > 0 && !isStalled
        guard isStalled else { return .fine }
        stalls += 1
        return stalls > 1 ? .hopeless : .stalled
    }
}
