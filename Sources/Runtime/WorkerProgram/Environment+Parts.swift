import AMQP
package import Configuration
package import HTTPServer
package import Jobs
package import JobsAMQP
package import Lifecycle
package import Topology

/// What every worker makes of its environment.
extension Environment {
    /// Jobs over RabbitMQ, as `AMQP_URL` says.
    ///
    /// - Parameter application: the program's name.
    package func broker(application: String) throws(SettingError) -> AMQPBroker {
        let url = try value(Settings.amqpURL)
        do {
            return try AMQPBroker(url: url, application: application)
        } catch {
            throw .bad(Settings.amqpURL.description, url, SettingProblem(error.message))
        }
    }

    /// The queue files of `QUEUES_DIRECTORY`.
    ///
    /// - Throws: `SettingError`, `TopologyError`.
    package func topology() throws -> Topology { try Topology.load(directory: try value(Settings.queuesDirectory)) }

    /// A worker for each queue that the files bind these handlers' jobs to, and the readiness check of their runs.
    ///
    /// - Throws: `SettingError` when a job is bound to no queue, or when one of its queues carries jobs that have no
    ///   handler here.
    package func workers(
        of topology: Topology,
        on broker: any JobBroker,
        handlers: [any JobHandler],
        batchHandlers: [any BatchJobHandler],
        postponer: (any JobPostponer)?,
        control: any QueueControl,
        breakers: [CircuitBreaker],
        readiness: Readiness
    ) async throws(SettingError) -> [(name: String, service: any Service)] {
        let jobs = handlers.map(\.jobName) + batchHandlers.map(\.jobName)
        var workers: [Worker] = []
        var services: [(name: String, service: any Service)] = []
        for queue in try queues(forJobs: jobs, of: topology) {
            // Its own handlers only: the prefetch is as large as the largest batch among them needs.
            func isWorked(_ job: String) -> Bool { topology.queues(forJob: job).contains(queue) }
            let worker = Worker(
                queue: queue,
                broker: broker,
                handlers: handlers.filter { isWorked($0.jobName) },
                batchHandlers: batchHandlers.filter { isWorked($0.jobName) },
                postponer: postponer,
                concurrency: try optional(Settings.workerConcurrency),
                gracePeriod: try gracePeriods().draining,
                control: control,
                breakers: breakers
            )
            workers.append(worker)
            services.append(("worker \(queue.name)", worker))
        }
        await readiness.add("jobs", isVital: false) { [workers] in workers.allSatisfy { $0.stuckRuns == 0 } }
        return services
    }

    private func queues(forJobs names: [String], of topology: Topology) throws(SettingError) -> [QueueDefinition] {
        do {
            return try topology.queues(forJobs: names)
        } catch {
            throw .bad(
                Settings.queuesDirectory.description,
                try value(Settings.queuesDirectory),
                SettingProblem("\(error)")
            )
        }
    }

    /// The server of `METRICS_PORT`: health and metrics.
    package func probes(_ readiness: Readiness) throws(SettingError) -> HTTPServer {
        ProbeServer.make(
            host: try value(Settings.httpHost),
            port: try value(Settings.metricsPort),
            readiness: readiness
        )
    }

    /// How long all services together may take to stop, and how much of that what is in flight gets: less than the whole,
    /// so that something is left for flushing what that produced.
    package func gracePeriods() throws(SettingError) -> (whole: Duration, draining: Duration) {
        let seconds = try value(Settings.shutdownGraceSeconds)
        return (.seconds(seconds), .seconds(max(1, seconds - 5)))
    }
}
