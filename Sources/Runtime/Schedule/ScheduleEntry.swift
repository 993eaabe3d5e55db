package import Foundation
package import Jobs
import Observability
package import Outbox

/// One periodic job, as its file in `schedules/` describes it.
package struct ScheduleEntry: Sendable {
    package let name: String
    /// As it stands in the file.
    package let cron: String
    /// When it runs.
    package let recurrence: any Recurrence
    package let job: String
    /// JSON.
    package let body: [UInt8]
    package let lane: JobLane?
    package let catchUp: CatchUp
    package let isEnabled: Bool

    /// What becomes of times at which no scheduler ran.
    package enum CatchUp: String, Sendable, CaseIterable {
        /// The latest of them is made up for.
        case one
        /// They are left out.
        case none
    }

    package init(
        name: String,
        cron: String,
        recurrence: any Recurrence,
        job: String,
        body: [UInt8],
        lane: JobLane? = nil,
        catchUp: CatchUp = .one,
        isEnabled: Bool = true
    ) {
        self.name = name
        self.cron = cron
        self.recurrence = recurrence
        self.job = job
        self.body = body
        self.lane = lane
        self.catchUp = catchUp
        self.isEnabled = isEnabled
    }

    /// A run of it as a job.
    ///
    /// - Parameter tick: the time that it is for; `nil` for one that an operator asks for.
    package func run(at tick: Date?) throws -> OutboxEntry {
        let tickText = tick.map { $0.formatted(.iso8601) }
        return try OutboxEntry(
            JobEnvelope(
                id: UUIDv7().description,
                name: job,
                body: body,
                routingKey: lane?.routingKey(of: job),
                correlationID: "schedule:\(name)",
                idempotencyKey: tickText.map { "\(name)@\($0)" },
                traceparent: TraceContext.current?.traceparent
            )
        )
    }
}
