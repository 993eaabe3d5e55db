import Testing
import Topology

@testable import Fleet

@Suite struct QueueEstimateTests {
    private static let text = """
        # HELP job_wait_seconds Seconds from a job's being due to the start of its first run.
        # TYPE job_wait_seconds histogram
        job_wait_seconds_bucket{le="0.005",queue="q"} 1
        job_wait_seconds_sum{queue="q"} 30
        job_wait_seconds_count{queue="q"} 10
        job_duration_seconds_sum{job="a",queue="q"} 2.5
        job_duration_seconds_sum{job="b \\"c\\", d",queue="q"} 1.5
        jobs_processed_total{job="a",outcome="done",queue="q"} 6
        jobs_processed_total{job="a",outcome="retry",queue="q"} 2
        jobs_in_flight{queue="q"} 3
        jobs_in_flight{queue="other"} 5
        process_open_fds 12
        nonsense
        """

    @Test func readsWhatAWorkerSays() {
        let metrics = MetricsText(Self.text)
        #expect(metrics.sum("process_open_fds") == 12)
        #expect(metrics.sum("job_duration_seconds_sum", ["job": "b \"c\", d"]) == 1.5)
        let figures = WorkerFigures(queue: "q", metrics)
        #expect(figures.jobs == 8)
        #expect(figures.runSeconds == 4)
        #expect(figures.starts == 10)
        #expect(figures.waitSeconds == 30)
        #expect(figures.running == 3)
    }

    private func figures(jobs: Double, running: Int = 0, wait: Double = 0) -> WorkerFigures {
        var figures = WorkerFigures()
        figures.jobs = jobs
        figures.starts = jobs
        figures.runSeconds = jobs / 2
        figures.waitSeconds = jobs * wait
        figures.running = running
        return figures
    }

    private func status(_ ready: Int, unacked: Int = 0) -> [QueueStatus] {
        [QueueStatus(ready: ready, unacked: unacked)]
    }

    @Test func durationsAreMeasuredOverAllProcesses() {
        var estimate = QueueEstimate(places: 4)
        let first = estimate.sample(broker: status(0), workers: [7: figures(jobs: 0)], isPaused: false, at: 0)
        #expect(first.secondsPerJob == nil)
        var other = figures(jobs: 30)
        other.runSeconds = 45
        let second = estimate.sample(
            broker: status(5, unacked: 12),
            workers: [7: figures(jobs: 10, running: 4, wait: 3), 8: other],
            isPaused: false,
            at: 2
        )
        #expect(second.secondsPerJob == 1.25)
        #expect(second.jobsPerWorkerSecond == 3.2)
        #expect(second.waiting == 13)
        #expect(second.oldestAgeSeconds == 30.0 / 40)
        // One is gone, and its number belongs to a new process.
        let third = estimate.sample(broker: status(5), workers: [8: figures(jobs: 4)], isPaused: false, at: 4)
        #expect((1.1...1.25).contains(third.secondsPerJob ?? 0))
    }

    @Test func whileNobodyDeliversTheAgeRisesAndWorkersThatTakeNothingAreSeen() {
        var estimate = QueueEstimate(places: 4)
        let idle: [Int32: WorkerFigures] = [7: figures(jobs: 5)]
        #expect(estimate.sample(broker: status(3), workers: idle, isPaused: false, at: 0).oldestAgeSeconds == 0)
        let later = estimate.sample(broker: status(3), workers: idle, isPaused: false, at: 6)
        #expect(later.oldestAgeSeconds == 6)
        #expect(later.isGrowing)
        #expect(!later.isHeld)
        #expect(estimate.sample(broker: status(3), workers: idle, isPaused: false, at: 10).isHeld)
        // Without any worker there is nobody to blame.
        #expect(!estimate.sample(broker: status(3), workers: [:], isPaused: false, at: 12).isHeld)
        let taken = estimate.sample(broker: status(2), workers: [7: figures(jobs: 6)], isPaused: false, at: 14)
        #expect(!taken.isHeld)
        #expect(!taken.isGrowing)
        #expect(estimate.sample(broker: status(0), workers: idle, isPaused: true, at: 16).isHeld)
    }

    @Test func arrivalsAreWhatWasDoneAndWhatThereIsMoreOf() {
        var estimate = QueueEstimate(places: 4)
        func arrivals(ready: Int, unacked: Int = 0, jobs: Double, at now: Double) -> Double {
            estimate.sample(
                broker: status(ready, unacked: unacked),
                workers: [7: figures(jobs: jobs)],
                isPaused: false,
                at: now
            ).arrivalsPerSecond
        }
        #expect(arrivals(ready: 50, jobs: 0, at: 0) == 0)
        // 60 were done and 20 more are there: 40 a second, of which the average has seen two seconds of thirty.
        #expect((2.5...2.7).contains(arrivals(ready: 60, unacked: 10, jobs: 60, at: 2)))
        var last = 0.0
        for second in stride(from: 4, through: 200, by: 2) {
            last = arrivals(ready: 60, unacked: 10, jobs: 60 + Double(second - 2) * 40, at: Double(second))
        }
        #expect((39...41).contains(last))
        // Working off what is there is no arrival, and what has ended ends.
        #expect((36...39).contains(arrivals(ready: 0, jobs: 8_050, at: 202)))
        for second in stride(from: 204, through: 700, by: 2) {
            last = arrivals(ready: 0, jobs: 8_050, at: Double(second))
        }
        #expect(last == 0)
    }

    @Test func anOperatorsLimitStandsInForTheFiles() {
        var estimate = QueueEstimate(places: 4, rateLimit: 50)
        func limit(_ said: Int??) -> Int? {
            estimate.sample(broker: status(0), workers: [:], isPaused: false, limit: said, at: 0).rateLimitPerSecond
        }
        #expect(limit(nil) == 50)
        #expect(limit(.some(nil)) == nil)
        #expect(limit(20) == 20)
    }
}
