import Observability
import Topology

/// A handler behind one shape: each run is a batch, and a plain handler's batches have one job.
struct JobRunner: Sendable {
    typealias Classify = @Sendable (any Error) -> Verdict

    let jobName: String
    let maximumBatch: Int
    let maximumWait: Duration
    /// Decodes and handles; the answer is aligned with the contexts. A handler's error goes through `Classify`.
    let run: @Sendable ([JobContext], Classify) async -> [Verdict]

    init<Handler: JobHandler>(plain handler: Handler) {
        jobName = Handler.Payload.name
        maximumBatch = 1
        maximumWait = .zero
        run = { contexts, classify in
            var verdicts: [Verdict] = []
            for context in contexts { verdicts.append(await Self.handle(context, by: handler, classify)) }
            return verdicts
        }
    }

    init<Handler: BatchJobHandler>(batch handler: Handler, of queue: QueueDefinition) {
        jobName = Handler.Payload.name
        maximumBatch = queue.batch?.size ?? handler.maximumBatch
        maximumWait = queue.batch.map { .milliseconds($0.maxWaitMs) } ?? handler.maximumWait
        run = { contexts, classify in await Self.handle(contexts, by: handler, classify) }
    }

    /// Runs nothing: every job gets `verdict`.
    init(_ verdict: Verdict, jobName: String) {
        self.jobName = jobName
        maximumBatch = 1
        maximumWait = .zero
        run = { contexts, _ in contexts.map { _ in verdict } }
    }

    private static func handle<Handler: JobHandler>(
        _ context: JobContext,
        by handler: Handler,
        _ classify: Classify
    ) async -> Verdict {
        let payload: Handler.Payload
        do {
            payload = try JobCoding.decode(Handler.Payload.self, from: context.envelope.body)
        } catch {
            return .undecodable(reason: JobCoding.describe(error), errorType: String(describing: type(of: error)))
        }
        let fields = context.logFields.merging(payload.logFields) { own, _ in own }
        return await LogContext.with(fields) {
            await TraceContext.$current.withValue(context.trace) {
                do {
                    return .finished(try await handler.handle(payload, context: context))
                } catch {
                    return classify(error)
                }
            }
        }
    }

    private static func handle<Handler: BatchJobHandler>(
        _ contexts: [JobContext],
        by handler: Handler,
        _ classify: Classify
    ) async -> [Verdict] {
        var verdicts = [Verdict?](repeating: nil, count: contexts.count)
        var batch: [BatchItem<Handler.Payload>] = []
        for (index, context) in contexts.enumerated() {
            do {
                let payload = try JobCoding.decode(Handler.Payload.self, from: context.envelope.body)
                batch.append(BatchItem(payload: payload, context: context))
            } catch {
                verdicts[index] = .undecodable(
                    reason: JobCoding.describe(error),
                    errorType: String(describing: type(of: error))
                )
            }
        }
        var handled = await verdictsOf(batch, by: handler, classify)[...]
        return verdicts.map { $0 ?? handled.popFirst() ?? .finished(.retry(reason: "no outcome")) }
    }

    /// One verdict for each item, also when the handler answers too few or too many.
    private static func verdictsOf<Handler: BatchJobHandler>(
        _ batch: [BatchItem<Handler.Payload>],
        by handler: Handler,
        _ classify: Classify
    ) async -> [Verdict] {
        guard !batch.isEmpty else { return [] }
        do {
            let outcomes = try await handler.handle(batch)
            guard outcomes.count == batch.count else {
                let reason = "the handler answered \(outcomes.count) outcomes for a batch of \(batch.count) jobs"
                return batch.map { _ in .finished(.retry(reason: reason), errorType: "BatchMismatch") }
            }
            return outcomes.map { .finished($0) }
        } catch {
            return batch.map { _ in classify(error) }
        }
    }
}
