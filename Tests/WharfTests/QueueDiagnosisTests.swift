import Foundation
import Jobs
import Testing
import Topology

@testable import JobControl
@testable import wharf

@Suite struct QueueDiagnosisTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let definition: QueueDefinition

    init() throws {
        definition = try QueueDefinition(
            name: "order.process",
            bindings: ["order.process"],
            retry: .init(rungsSeconds: [5, 30], attempts: 3),
            urgent: .init(share: 80),
            scaling: .init(min: 1, max: 4, targetWaitSeconds: 5, program: "worker-orders")
        )
    }

    private func queue(
        ready: Int,
        unacked: Int = 0,
        consumers: Int = 1,
        comes: Double = 0,
        goes: Double = 0,
        age: Double? = 60,
        processes: Int = 1,
        down: [String] = [],
        stuck: Int = 0
    ) -> QueueObservation {
        let names = definition.allQueues
        var broker = Dictionary(
            uniqueKeysWithValues: names.map { ($0, QueueStatus(name: $0, ready: 0, unacked: 0, publishRate: 0)) }
        )
        broker[definition.name] = QueueStatus(
            name: definition.name,
            ready: ready,
            unacked: unacked,
            consumers: consumers,
            publishRate: comes,
            ackRate: goes
        )
        return QueueObservation(
            definition: definition,
            broker: broker,
            workers: .init(processes: processes, oldestAge: age, down: down, stuckRuns: stuck)
        )
    }

    private func said(paused: Date? = nil, rate: QueueState.Rate = .standard) -> QueueControlStore.Entry {
        QueueControlStore.Entry(
            queue: definition.name,
            state: QueueState(isPaused: paused != nil, rate: rate),
            pausedAt: paused,
            pausedBy: paused == nil ? nil : "ada@ops1",
            pauseReason: paused == nil ? nil : "stock-taking",
            workers: nil
        )
    }

    @Test func whatIsFineNeedsNobody() {
        let idle = QueueDiagnosis(queue(ready: 0), at: now)
        #expect(idle.state == .idle && !idle.needsSomebody)
        #expect(QueueDiagnosis(queue(ready: 0, unacked: 3), at: now).state == .working)
        // A peak that is younger than the target.
        let peak = QueueDiagnosis(queue(ready: 90, comes: 40, goes: 10, age: 2), at: now)
        #expect(peak.state == .working && peak.fix == "-")
        // Statistics do not know yet what was done of it.
        #expect(QueueDiagnosis(queue(ready: 3, age: 1), at: now).state == .working)
    }

    @Test func saysWhoPausedItAndSinceWhen() {
        var paused = queue(ready: 800, comes: 2.44)
        paused.said = said(paused: now.addingTimeInterval(-300))
        let diagnosis = QueueDiagnosis(paused, at: now)
        #expect(diagnosis.state == .paused)
        #expect(diagnosis.since == now.addingTimeInterval(-300))
        #expect(diagnosis.why.contains("ada@ops1: stock-taking"))
        #expect(diagnosis.ifYouWait == "nothing of it is done, 2.4 more come a second")
        #expect(diagnosis.fix == "wharf queues resume order.process")
    }

    @Test func tellsWhyNobodyConsumes() {
        let down = QueueDiagnosis(queue(ready: 5, consumers: 0, down: ["search"]), at: now)
        #expect(down.state == .stuck && down.why.hasPrefix("search is down"))
        #expect(down.since == now.addingTimeInterval(-60))
        let silent = QueueDiagnosis(queue(ready: 5, consumers: 0, processes: 2), at: now)
        #expect(silent.why == "2 of worker-orders run, but none has subscribed")
        let none = QueueDiagnosis(queue(ready: 5, consumers: 0, processes: 0), at: now)
        #expect(none.why == "worker-orders does not run" && none.fix.hasPrefix("start worker-orders"))
        var unknown = queue(ready: 5, consumers: 0)
        unknown.workers = nil
        let diagnosis = QueueDiagnosis(unknown, at: now)
        #expect(diagnosis.why == "nobody has subscribed" && diagnosis.since == nil)
    }

    @Test func reckonsWhatWaitingBrings() {
        let draining = QueueDiagnosis(queue(ready: 600, comes: 5, goes: 15), at: now)
        #expect(draining.state == .late && draining.ifYouWait == "empty in 60 s at this pace")
        let growing = QueueDiagnosis(queue(ready: 600, comes: 15, goes: 5), at: now)
        #expect(growing.state == .growing && growing.fix == "wharf fleet scale order.process 2")
        let full = QueueDiagnosis(queue(ready: 600, comes: 15, goes: 5, processes: 4), at: now)
        #expect(full.fix.hasPrefix("raise scaling.max in queues/order.process.json"))
        var limited = queue(ready: 6_000, comes: 15, goes: 19)
        limited.said = said(rate: .perSecond(20))
        let slow = QueueDiagnosis(limited, at: now)
        #expect(slow.state == .late && slow.why == "limited to 20/s" && slow.ifYouWait == "empty in 25 min")
        #expect(slow.fix == "wharf queues limit order.process off")
    }

    @Test func findsRunsThatHang() {
        let hanging = QueueDiagnosis(queue(ready: 5, unacked: 64, stuck: 2), at: now)
        #expect(hanging.state == .stuck && hanging.fix == "restart worker-orders")
        let slow = QueueDiagnosis(queue(ready: 5, unacked: 64), at: now)
        #expect(slow.state == .stuck && slow.ifYouWait == "runs are cancelled after 30 s and tried again")
    }

    @Test func aMissingQueueIsApplied() {
        var missing = queue(ready: 0)
        missing.broker = [:]
        let diagnosis = QueueDiagnosis(missing, at: now)
        #expect(diagnosis.state == .stuck && diagnosis.fix == "wharf queues apply")
    }

    @Test func theOutboxIsAskedToo() {
        #expect(OutboxDiagnosis(rows: 0, oldestDue: nil, lastError: nil).diagnosis == nil)
        let unroutable = OutboxDiagnosis(rows: 3, oldestDue: now, lastError: "unroutable: no queue takes x").diagnosis
        #expect(unroutable?.fix == "wharf queues apply" && unroutable?.since == now)
        let relay = OutboxDiagnosis(rows: 3, oldestDue: now, lastError: nil).diagnosis
        #expect(relay?.fix.hasPrefix("start outbox-relay") == true)
    }

    @Test func printsABlockForWhateverNeedsSomebody() throws {
        var dead = queue(ready: 0)
        dead.broker["order.process.dead"] = QueueStatus(
            name: "order.process.dead",
            ready: 2,
            unacked: 0,
            publishRate: 0
        )
        let report = QueueStatusReport(queues: [dead], outbox: nil, at: now)
        #expect(!report.isFine)
        #expect(report.text.contains("order.process.dead: 2 jobs were given up"))
        let fine = QueueStatusReport(queues: [queue(ready: 0)], outbox: nil, at: now)
        #expect(fine.isFine && fine.text.hasSuffix("nothing is stuck"))
        let stuck = QueueStatusReport(queues: [queue(ready: 5, consumers: 0, down: ["mail"])], outbox: nil, at: now)
        #expect(stuck.text.contains("order.process is stuck\n  since:       2027-01-15T07:59:00Z, 60 s ago\n"))
        #expect(try stuck.table.json().contains(#""fix" : "bring mail back; wharf doctor says what it answers""#))
    }

    @Test func theSweepTakesTheOldestOfAllAnswers() {
        let sweep = MetricsSweep([
            """
            queue_oldest_job_age_seconds{queue="order.process"} 3.5
            jobs_concurrency{queue="order.process"} 64
            circuit_open{dependency="payments"} 1
            """,
            """
            queue_oldest_job_age_seconds{queue="order.process"} 12
            queue_oldest_job_age_seconds{queue="email.bulk"} 99
            """,
        ])
        #expect(
            sweep.report(on: definition) == .init(processes: 1, oldestAge: 12, down: ["payments"], stuckRuns: 0)
        )
        #expect(MetricsSweep([]).report(on: definition) == nil)
    }
}
