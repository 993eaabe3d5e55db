/// Why a server does not run.
public struct HTTPServerError: Error, CustomStringConvertible, Sendable {
    public enum Code: Sendable {
        /// The host does not resolve, or the address is taken or forbidden.
        case cannotListen
        /// libmicrohttpd did not start.
        case cannotStart
        case stopped
    }

    public let code: Code
    public let message: String

    public var description: String { message }
}
