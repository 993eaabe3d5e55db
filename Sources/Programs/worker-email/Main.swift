import Bootstrap
import Configuration
import Jobs
import Mail
import Orders
import SMTP

/// Sends the shop's mail: the queues `email.send_order_confirmation`, `email.send_account_message` and, for mails in masses,
/// `email.bulk`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-email", role: .worker) { parts in
            let database = try await parts.database()
            let smtp = try await parts.smtpClient()
            let store = MailStore(database: database)
            let mailer = Mailer(smtp: smtp, sender: try parts.mailSender())
            let orders = SendOrderMailHandler(orders: OrderStore(database: database), store: store, mailer: mailer)
            let publicURL = try parts.environment.value(Settings.publicURL)
            let accounts = SendAccountMailHandler(store: store, mailer: mailer, publicURL: publicURL)
            let breaker = CircuitBreaker(dependency: Mailer.dependency) { try await smtp.check() }
            return try await parts.workers(handlers: [orders, accounts], breakers: [breaker])
        }
    }
}
