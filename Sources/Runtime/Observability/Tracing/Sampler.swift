/// Which traces are recorded, as `OTEL_TRACES_SAMPLER` of OpenTelemetry's specification says it.
public struct Sampler: Sendable, Equatable {
    private let honoursParent: Bool
    /// The lower half of a trace's id is random; a trace is recorded when it is below.
    private let bound: UInt64

    /// - Parameters:
    ///   - honoursParent: what the caller has decided about its trace stands.
    ///   - ratio: of the traces that start here (or of all), 0 to 1.
    public init(honoursParent: Bool = true, ratio: Double = 1) {
        self.honoursParent = honoursParent
        bound = ratio >= 1 ? .max : UInt64(max(0, ratio) * 0x1p64)
    }

    /// Whether a trace that starts here is recorded.
    ///
    /// - Parameter lowerHalf: of its id.
    func samples(_ lowerHalf: UInt64) -> Bool { bound == .max || lowerHalf < bound }

    /// Whether a caller's trace is recorded here too.
    func samples(_ caller: TraceContext) -> Bool {
        honoursParent ? caller.sampled : samples(UInt64(caller.traceID.suffix(16), radix: 16) ?? 0)
    }
}
