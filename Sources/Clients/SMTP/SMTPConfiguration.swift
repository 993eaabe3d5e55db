internal import Curl

/// Where mail goes out.
package struct SMTPConfiguration: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What becomes of a connection that begins in clear text (`smtp:`).
    package enum StartTLS: String, Sendable {
        /// TLS or no mail.
        case required
        /// TLS where the server offers it, which someone in between can prevent.
        case opportunistic
        case off
    }

    /// `smtp` or `smtps`.
    let scheme: String
    let host: String
    let port: Int?
    let user: String?
    let password: String?
    package let startTLS: StartTLS
    /// A PEM file that takes the place of the system's certificate authorities.
    let certificateAuthorities: String?

    /// - Parameter url: `smtp://[user:password@]host[:port][?starttls=required|opportunistic|off][&cacertfile=FILE]`, or
    ///   `smtps://…`. Without `starttls` a URL with a password requires TLS, another one takes it where it is offered.
    package init(url text: String) throws(SMTPError) {
        guard let url = CurlURL(text, schemes: ["smtp", "smtps"]) else { throw .badURL("no smtp(s) URL") }
        guard url.path == "/" else { throw .badURL("a path has no meaning in an SMTP URL") }
        var startTLS = url.password == nil ? StartTLS.opportunistic : .required
        var certificateAuthorities: String?
        for parameter in url.query?.split(separator: "&") ?? [] {
            let parts = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count == 2 ? parts[1] : "") {
            case ("starttls", let value):
                guard let mode = StartTLS(rawValue: value) else {
                    throw .badURL("starttls is required, opportunistic or off")
                }
                startTLS = mode
            case ("cacertfile", let file) where !file.isEmpty:
                certificateAuthorities = file
            default:
                throw .badURL("an SMTP URL takes only starttls and cacertfile")
            }
        }
        scheme = url.scheme
        host = url.host
        port = url.port
        user = url.user
        password = url.password
        self.startTLS = startTLS
        self.certificateAuthorities = certificateAuthorities
    }

    /// Without user and password.
    package var description: String { "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "") }
    package var debugDescription: String { description }
}
