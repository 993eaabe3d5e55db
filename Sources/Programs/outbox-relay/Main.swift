import Bootstrap
import Outbox
import Schedule

/// Publishes what a killed or disconnected program left in the outbox, and jobs whose time has come; writes the periodic
/// ones.
@main
struct Main {
    static func main() async {
        await Program.run("outbox-relay", role: .worker) { parts in
            let database = try await parts.database()
            let relay = OutboxRelay(database: database, publisher: try await parts.broker())
            return [("relay", relay), ("scheduler", Scheduler(database: database, entries: try parts.schedules()))]
        }
    }
}
