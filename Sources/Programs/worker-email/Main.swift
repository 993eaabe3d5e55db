import Bootstrap
import Jobs
import Mail
import Orders
import SMTP

/// Sends the shop's mail: the queues `email.send_order_confirmation` and, for mails in masses, `email.bulk`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-email", role: .worker) { parts in
            let database = try await parts.database()
            let smtp = try await parts.smtpClient()
            let handler = SendOrderMailHandler(
                orders: OrderStore(database: database),
                store: MailStore(database: database),
                smtp: smtp,
                sender: try parts.mailSender()
            )
            let breaker = CircuitBreaker(dependency: SendOrderMailHandler.dependency) { try await smtp.check() }
            return try await parts.workers(handlers: [handler], breakers: [breaker])
        }
    }
}
