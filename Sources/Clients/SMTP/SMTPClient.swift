internal import CCurl
internal import Curl

/// Sends mail by libcurl, on a few threads with a connection each that is kept for the next mail.
package final class SMTPClient: Sendable {
    private let configuration: SMTPConfiguration
    private let timeout: Duration
    private let threads: CurlThreads

    /// - Parameters:
    ///   - maximumConnections: and as many threads. Mails beyond it wait for one, on their own timeout.
    ///   - timeout: for one mail as a whole, connecting and waiting included.
    package init(_ configuration: SMTPConfiguration, maximumConnections: Int = 4, timeout: Duration = .seconds(30)) {
        self.configuration = configuration
        self.timeout = timeout
        threads = CurlThreads(name: "smtp-client", count: maximumConnections)
    }

    /// Returns when the server has taken the mail for all its recipients; when it refuses one of them, it gets no mail
    /// at all. Cancelling the task breaks the conversation off, within a second.
    package func send(_ message: SMTPMessage) async throws(SMTPError) {
        let mail = try message.rfc5322()
        let transfer = transfer()
        transfer.set(CURLOPT_MAIL_FROM, message.from.address)
        transfer.set(CURLOPT_MAIL_RCPT, message.to.map(\.address))
        transfer.setUpload(mail)
        try await perform(transfer)
    }

    /// Whether the server can be reached, greets, takes TLS and the login as configured, and answers NOOP.
    package func check() async throws(SMTPError) {
        let transfer = transfer()
        transfer.set(CURLOPT_CUSTOMREQUEST, "NOOP")
        transfer.set(CURLOPT_NOBODY, 1)
        try await perform(transfer)
    }

    /// Ends every mail in flight with `.closed`; so ends every later one.
    package func shutdown() { threads.shutdown() }

    private func transfer() -> CurlTransfer {
        let transfer = CurlTransfer(
            url: configuration.description,
            protocols: "smtp,smtps",
            user: configuration.user,
            password: configuration.password,
            certificateAuthorities: configuration.certificateAuthorities,
            connectTimeout: min(timeout, .seconds(10)),
            timeout: timeout,
            maximumBody: 1 << 16
        )
        switch configuration.startTLS {
        case .required: transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_ALL.rawValue))
        case .opportunistic: transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_TRY.rawValue))
        case .off: transfer.set(CURLOPT_USE_SSL, Int(CURLUSESSL_NONE.rawValue))
        }
        return transfer
    }

    private func perform(_ transfer: CurlTransfer) async throws(SMTPError) {
        switch await threads.perform(transfer) {
        case .succeeded: return
        case .failed(let failure): throw SMTPError(failure, reply: SMTPReply(lastOf: transfer.headerLines))
        case .cancelled: throw .cancelled
        case .closed: throw .closed
        }
    }
}
