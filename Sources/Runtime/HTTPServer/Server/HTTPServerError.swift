/// Why a server does not run.
public struct HTTPServerError: Error, CustomStringConvertible, Sendable {
    /// What kind of failure it was.
    public enum Code: Sendable {
        /// The host does not resolve, or the address is taken or forbidden.
        case cannotListen
        /// libmicrohttpd did not start.
        case cannotStart
        /// The server has been stopped already.
        case stopped
    }

    /// What kind of failure it was.
    public let code: Code
    /// What went wrong, for an operator.
    public let message: String

    public var description: String { message }
}
