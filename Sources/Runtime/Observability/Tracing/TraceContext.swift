/// A place in a distributed trace, as W3C Trace Context (Recommendation, 2021-11-23, §3.2) carries it between processes.
public struct TraceContext: Sendable, Hashable {
    /// The trace that the current task works for; ``Logger`` puts its ids on every line.
    @TaskLocal public static var current: TraceContext?

    /// 32 lower-case hex digits, the same through the whole trace.
    public let traceID: String
    /// 16 lower-case hex digits, one for each piece of work.
    public let spanID: String
    /// Of the piece of work that this one is a part of, in whatever process; nil at the start of a trace, and where only
    /// the header is known.
    public let parentSpanID: String?
    /// Whether this trace is recorded: by the caller, who may have done so, and by us.
    public let sampled: Bool

    /// Starts a trace, recorded or not as the program's ``Sampler`` says.
    public static func new() -> TraceContext {
        let lowerHalf = UInt64.random(in: 1...UInt64.max)
        return TraceContext(
            traceID: nonZeroHex() + hex(lowerHalf),
            spanID: nonZeroHex(),
            parentSpanID: nil,
            sampled: Tracing.sampler.samples(lowerHalf)
        )
    }

    /// The next piece of work in the same trace.
    public func child() -> TraceContext { child(sampled: sampled) }

    private func child(sampled: Bool) -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.nonZeroHex(), parentSpanID: spanID, sampled: sampled)
    }

    /// Goes on with the trace of another process; nil where there is no header or a malformed one, and a new trace is to
    /// start.
    public static func continuing(_ traceparent: String?) -> TraceContext? {
        guard let caller = traceparent.flatMap(TraceContext.init(traceparent:)) else { return nil }
        return caller.child(sampled: Tracing.sampler.samples(caller))
    }

    /// Reads a `traceparent` header: `nil` when it is malformed, and the caller then starts a new trace (§3.2.2).
    public init?(traceparent: String) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
        let parts = [bytes[0..<2], bytes[3..<35], bytes[36..<52], bytes[53..<55]]
        guard parts.allSatisfy({ $0.allSatisfy(Self.isLowerHex) }) else { return nil }
        let version = String(decoding: parts[0], as: UTF8.self)
        // A later version may append fields after a dash; version 00 is exactly this long, and ff is forbidden.
        guard version != "ff", bytes.count == 55 || (version != "00" && bytes[55] == dash) else { return nil }
        let isZero = { (part: ArraySlice<UInt8>) in part.allSatisfy { $0 == UInt8(ascii: "0") } }
        guard !isZero(parts[1]), !isZero(parts[2]) else { return nil }
        guard let flags = UInt8(String(decoding: parts[3], as: UTF8.self), radix: 16) else { return nil }
        self.init(
            traceID: String(decoding: parts[1], as: UTF8.self),
            spanID: String(decoding: parts[2], as: UTF8.self),
            parentSpanID: nil,
            sampled: flags & 1 == 1
        )
    }

    /// The header's value for the next process.
    public var traceparent: String { "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")" }

    /// What an outgoing HTTP request carries of the current trace.
    public static var outgoingHeaders: [(String, String)] { current.map { [("traceparent", $0.traceparent)] } ?? [] }

    private init(traceID: String, spanID: String, parentSpanID: String?, sampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentSpanID = parentSpanID
        self.sampled = sampled
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    /// 16 hex digits that are not all zero, which the recommendation keeps for "invalid".
    private static func nonZeroHex() -> String { hex(UInt64.random(in: 1...UInt64.max)) }

    private static func hex(_ number: UInt64) -> String {
        let hex = String(number, radix: 16)
        return String(repeating: "0", count: 16 - hex.utf8.count) + hex
    }
}
