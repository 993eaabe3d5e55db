import AMQP
package import Configuration
package import HTTPServer
package import JobsAMQP
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

    /// One of these files.
    package func queue(_ name: String, of topology: Topology) throws(SettingError) -> QueueDefinition {
        if let queue = topology.queue(named: name) { return queue }
        throw .bad(
            Settings.queuesDirectory.description,
            try value(Settings.queuesDirectory),
            SettingProblem("no file in it describes the queue \(name)")
        )
    }

    /// Those of the files that carry jobs which a program has handlers for.
    ///
    /// - Throws: `SettingError` when a job is bound to no queue, or a queue carries other jobs too.
    package func queues(
        forJobs names: [String],
        of topology: Topology
    ) throws(SettingError) -> [QueueDefinition] {
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
