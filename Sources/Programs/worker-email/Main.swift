import Bootstrap
import Jobs
import Mail
import Messages
import Orders
import SMTP

/// Sends the shop's mail: the queue `email.send_order_confirmation`.
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
            let worker = try await parts.worker(
                of: SendOrderMail.name,
                handlers: [handler],
                breakers: [CircuitBreaker(dependency: SendOrderMailHandler.dependency) { try await smtp.check() }]
            )
            return [("worker", worker)]
        }
    }
}
