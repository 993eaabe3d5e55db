extension Topology {
    /// The queues that a job of this name goes to, in whatever lane.
    public func queues(forJob name: String) -> [QueueDefinition] {
        queues.filter { $0.bindings.contains { Self.carries($0, job: name) } }
    }

    /// The queues of a program that has handlers for these jobs and no others.
    ///
    /// - Throws: ``RoutingError`` when a job would wait for ever or be given up for want of a handler.
    public func queues(forJobs names: [String]) throws(RoutingError) -> [QueueDefinition] {
        for name in names where queues(forJob: name).isEmpty { throw .unbound(job: name) }
        let queues = queues.filter { queue in
            queue.bindings.contains { binding in names.contains { Self.carries(binding, job: $0) } }
        }
        for queue in queues {
            for binding in queue.bindings where !names.contains(where: { Self.carries(binding, job: $0) }) {
                throw .foreignJob(binding, queue: queue.name)
            }
        }
        return queues
    }

    /// Those of the routing keys that no queue is bound to: jobs published with them would stay in the outbox.
    public func unbound(_ routingKeys: [String]) -> [String] {
        let bound = Set(broker.bindings.map(\.routingKey))
        return routingKeys.filter { !bound.contains($0) }
    }

    /// A job's routing key is its name, or its name and one more word, the lane.
    private static func carries(_ binding: String, job name: String) -> Bool {
        binding == name || (binding.hasPrefix("\(name).") && !binding.dropFirst(name.count + 1).contains("."))
    }
}

/// Why a program cannot work as the queue files route its jobs.
public enum RoutingError: Error, Equatable, CustomStringConvertible {
    /// No queue is bound to the job's routing key.
    case unbound(job: String)
    /// The queue is bound to other jobs, not to this one.
    case foreignJob(String, queue: String)

    public var description: String {
        switch self {
        case .unbound(let job): "no file in it binds the job \(job) to a queue"
        case .foreignJob(let binding, let queue):
            "the queue \(queue) is also bound to \(binding), which this program has no handler for: bind that to another "
                + "queue, or those jobs would end as dead letters here"
        }
    }
}
