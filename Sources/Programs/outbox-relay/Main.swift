import Bootstrap
import Jobs
import Outbox
import Schedule

/// Publishes what a killed or disconnected program left in the outbox, and jobs whose time has come; writes the periodic
/// ones; shows what waits in the queues.
@main
struct Main {
    static func main() async {
        await Program.run("outbox-relay", role: .worker) { parts in
            let database = try await parts.database()
            let broker = try await parts.broker()
            return [
                ("relay", OutboxRelay(database: database, publisher: broker)),
                ("scheduler", Scheduler(database: database, entries: try parts.schedules())),
                ("queue watch", QueueWatch(topology: try parts.topology(), broker: broker)),
            ]
        }
    }
}
