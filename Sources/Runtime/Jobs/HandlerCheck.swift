import Observability
import Topology

/// Finds at a worker's start what would otherwise be noticed by jobs that are not done.
struct HandlerCheck {
    let queue: QueueDefinition
    /// Of the handlers' jobs, one for each handler.
    let jobNames: [String]

    /// Jobs with more than one handler, sorted.
    var ambiguous: [String] {
        Dictionary(grouping: jobNames, by: \.self).filter { $1.count > 1 }.keys.sorted()
    }

    /// Jobs that no binding of the queue brings, in any lane: mostly a misspelt name.
    var unbound: [String] {
        jobNames.filter { name in !queue.bindings.contains { $0 == name || $0.hasPrefix("\(name).") } }
    }
}
