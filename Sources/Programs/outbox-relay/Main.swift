import Bootstrap
import Outbox

/// Publishes what a killed or disconnected program left in the outbox, and jobs whose time has come.
@main
struct Main {
    static func main() async {
        await Program.run("outbox-relay", role: .worker) { parts in
            let relay = OutboxRelay(database: try await parts.database(), publisher: try await parts.broker())
            return [("relay", relay)]
        }
    }
}
