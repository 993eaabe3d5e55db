import Bootstrap
import Mail
import Messages
import Orders

/// Sends the shop's mail: the queue `email.send_order_confirmation`.
@main
struct Main {
    static func main() async {
        await Program.run("worker-email", role: .worker) { parts in
            let database = try await parts.database()
            let handler = SendOrderMailHandler(
                orders: OrderStore(database: database),
                store: MailStore(database: database),
                smtp: try await parts.smtpClient(),
                sender: try parts.mailSender()
            )
            return [("worker", try await parts.worker(of: SendOrderMail.name, handlers: [handler]))]
        }
    }
}
