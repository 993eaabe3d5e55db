import Jobs
package import Observability
package import SMTP

/// Sends the shop's mails, and says what becomes of a job whose mail was not taken.
package struct Mailer: Sendable {
    /// What the worker's circuit breaker calls the mail server.
    package static let dependency = "mail"

    let sender: EmailAddress
    private let smtp: SMTPClient
    private let duration: Histogram

    package init(smtp: SMTPClient, sender: EmailAddress, metrics: MetricsRegistry = .shared) {
        duration = metrics.histogram(
            "smtp_send_duration_seconds",
            help: "Time until the mail server has taken a mail, or has not."
        )
        self.smtp = smtp
        self.sender = sender
    }

    /// - Returns: `nil` once the mail server has taken the mail, else the job's outcome.
    /// - Throws: `DependencyUnavailable` where the mail server is at fault; `SMTPError.cancelled`.
    func send(_ message: SMTPMessage) async throws -> Outcome? {
        let start = ContinuousClock.now
        do throws(SMTPError) {
            defer { duration.observe(.now - start) }
            try await Tracing.span("SMTP send", .client, ["network.protocol.name": "smtp"]) { () throws(SMTPError) in
                try await smtp.send(message)
            }
            return nil
        } catch {
            // The run's own end says what becomes of the job.
            if error.code == .cancelled { throw error }
            if await isDown(after: error) {
                throw DependencyUnavailable(Self.dependency, reason: error.description)
            }
            return Self.outcome(of: error)
        }
    }

    /// The same for each delivery of the same mail.
    func messageID(_ template: String, _ subject: String) -> String {
        let domain = sender.address.split(separator: "@").last ?? "localhost"
        return "<\(template).\(subject)@\(domain)>"
    }

    /// Whether the mail server is at fault, and not this one mail.
    ///
    /// A connection that breaks or hangs in the midst of a mail may be either's fault, so the server is asked: a mail that
    /// it dies of every time must spend its attempts.
    private func isDown(after error: SMTPError) async -> Bool {
        if error.meansServerIsDown { return true }
        guard error.leavesOpenWhoseFault else { return false }
        do {
            try await smtp.check()
            return false
        } catch {
            return true
        }
    }

    static func outcome(of error: SMTPError) -> Outcome {
        error.isRetriable ? .retry(reason: error.description) : .reject(reason: error.description)
    }
}
