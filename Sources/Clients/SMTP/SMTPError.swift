internal import Curl

/// Why a mail is not known to be sent.
package struct SMTPError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package enum Code: Hashable, Sendable {
        /// A 4xx reply: the server asks to try again later.
        case temporary(Int)
        /// A 5xx reply: this mail will never be taken.
        case permanent(Int)
        /// The server refuses our user name and password: no fault of the mail.
        case authentication(Int)
        case connectFailed
        case timeout
        /// A certificate that does not verify, or no TLS where it is required.
        case tls
        /// The connection broke. After the last byte this leaves open whether the server took the mail.
        case connectionLost
        case cancelled
        /// `shutdown()` was called.
        case closed
        case invalidMessage
        case badURL
        case other
    }

    package let code: Code
    /// libcurl's `CURLcode`, 0 when libcurl was not asked.
    package let curlCode: Int
    /// The server's last words. They may name the recipient, so they stay out of `description`.
    package let reply: String
    private let text: String
    private let detail: String

    /// Whether the same mail may go out later: true unless the mail itself is at fault.
    package var isRetriable: Bool {
        switch code {
        case .permanent, .invalidMessage, .badURL: false
        case .temporary, .authentication, .connectFailed, .timeout, .tls, .connectionLost, .cancelled, .closed, .other:
            true
        }
    }

    /// Whether every other mail would fare the same now: the server cannot be reached, refuses the login, or says that it
    /// closes (421, RFC 5321 section 3.8).
    package var meansServerIsDown: Bool {
        switch code {
        case .connectFailed, .tls, .authentication, .temporary(421): true
        default: false
        }
    }

    /// Whether it may have been the mail or the server: the conversation broke or took too long.
    package var leavesOpenWhoseFault: Bool { code == .connectionLost || code == .timeout }

    /// Codes and constant texts: no address, no password.
    package var description: String { "the mail was not sent: \(text)" }

    package var debugDescription: String { "\(description); reply: \(reply); curl \(curlCode): \(detail)" }

    private init(_ code: Code, _ text: String, curlCode: Int = 0, reply: String = "", detail: String = "") {
        self.code = code
        self.text = text
        self.curlCode = curlCode
        self.reply = reply
        self.detail = detail
    }

    static func invalidMessage(_ text: String) -> SMTPError { SMTPError(.invalidMessage, text) }
    static func badURL(_ text: String) -> SMTPError { SMTPError(.badURL, text) }
    static let cancelled = SMTPError(.cancelled, "the task was cancelled")
    static let closed = SMTPError(.closed, "the client is shut down")
}

extension SMTPError {
    /// `CURLE_LOGIN_DENIED`.
    private static let loginDenied = 67

    /// - Parameter reply: the server's last, which may well be a friendly one when something else went wrong.
    init(_ failure: CurlFailure, reply: SMTPReply?) {
        let code = Self.code(failure, reply)
        let number = [reply.map { String($0.code) }, reply?.enhancedCode].compactMap(\.self).joined(separator: " ")
        let text =
            switch code {
            case .temporary: "the server refused it for now with \(number)"
            case .permanent: "the server refused it for good with \(number)"
            case .authentication: "the server refused the login with \(number)"
            default: failure.text
            }
        self.init(code, text, curlCode: failure.code, reply: reply?.text ?? "", detail: failure.detail)
    }

    private static func code(_ failure: CurlFailure, _ reply: SMTPReply?) -> Code {
        let number = reply?.code ?? 0
        if failure.code == loginDenied { return .authentication(number) }
        switch number {
        case 400..<500: return .temporary(number)
        case 500..<600: return .permanent(number)
        default: break
        }
        switch failure.cause {
        case .badURL: return .badURL
        case .connectFailed: return .connectFailed
        case .timeout: return .timeout
        case .tls: return .tls
        case .connectionLost: return .connectionLost
        case .other: return .other
        }
    }
}
