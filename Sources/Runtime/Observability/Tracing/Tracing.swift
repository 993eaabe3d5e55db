import Foundation
import Synchronization
import Threading

/// Records spans, where somebody has asked for them; otherwise each call here costs one look at a flag.
///
/// Spans hang on ``TraceContext/current``, which programs carry from request to job to mail whether or not anything is
/// recorded.
public enum Tracing {
    private struct State: Sendable {
        var sampler = Sampler()
        var record: @Sendable (Span) -> Void = { _ in }
    }

    private static let isStarted = Atomic(false)
    private static let state = Lock(State())

    /// Whether spans are recorded in this process.
    public static var isOn: Bool { isStarted.load(ordering: .relaxed) }

    /// Turns recording on, until the process ends. Once, before the work begins.
    ///
    /// - Parameter record: gets every finished span, on any thread; it must not block.
    public static func start(_ sampler: Sampler, record: @escaping @Sendable (Span) -> Void) {
        state.withLock { $0 = State(sampler: sampler, record: record) }
        isStarted.store(true, ordering: .releasing)
    }

    /// Everything that traces start and go on by.
    static var sampler: Sampler { isOn ? state.withLock { $0.sampler } : Sampler() }

    /// Runs `body` as a span below the current one. What it throws marks the span as failed.
    ///
    /// - Parameters:
    ///   - name: of few values; see ``Span/name``.
    ///   - attributes: see ``Span/attributes``.
    public static func span<Value, Failure: Error>(
        _ name: @autoclosure () -> String,
        _ kind: Span.Kind = .internal,
        _ attributes: @autoclosure () -> [String: LogValue] = [:],
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard isOn, let current = TraceContext.current, current.sampled else { return try await body() }
        let context = current.child()
        let start = Moment.now
        let result: Result<Value, Failure> = await TraceContext.$current.withValue(context) {
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        var error: String?
        if case .failure(let failure) = result { error = String(describing: type(of: failure)) }
        record(name(), kind, context, since: start, attributes(), error: error)
        return try result.get()
    }

    /// Records the end of work that has its context already: a request's, a job's.
    ///
    /// - Parameters:
    ///   - context: the span's own.
    ///   - start: when the work began.
    ///   - error: the type or class of what went wrong; nil when nothing did.
    public static func record(
        _ name: @autoclosure () -> String,
        _ kind: Span.Kind,
        _ context: TraceContext,
        since start: Moment,
        _ attributes: @autoclosure () -> [String: LogValue],
        error: String? = nil
    ) {
        guard isOn, context.sampled else { return }
        let span = Span(
            name: name(),
            kind: kind,
            context: context,
            start: start.nanoseconds,
            duration: start.elapsed,
            attributes: attributes(),
            error: error
        )
        state.withLock { $0.record }(span)
    }

    /// A point in time for both clocks: the wall's says when, the other how long.
    public struct Moment: Sendable {
        let nanoseconds: Int64
        let instant: ContinuousClock.Instant

        /// Since then.
        public var elapsed: Duration { instant.duration(to: .now) }

        /// This one; where nothing is recorded the wall's clock is not asked.
        public static var now: Moment {
            Moment(
                nanoseconds: isOn ? Int64(Date().timeIntervalSince1970 * 1e9) : 0,
                instant: .now
            )
        }
    }
}
