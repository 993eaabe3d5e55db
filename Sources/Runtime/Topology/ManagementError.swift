/// Why the broker's management could not do what was asked, for the operator who asked it.
package enum ManagementError: Error, Equatable, CustomStringConvertible {
    case badURL
    case unreachable(String)
    /// 401 or 403.
    case refused(status: Int)
    /// The virtual host, or something in it, does not exist.
    case missing(String, reason: String)
    case failed(String, status: Int, reason: String)
    case unexpectedAnswer(String)

    package var description: String {
        switch self {
        case .badURL:
            "AMQP_MANAGEMENT_URL must look like http://user:password@host:15672 or …:15672/vhost"
        case .unreachable(let why):
            "RabbitMQ's management does not answer (\(why)): check AMQP_MANAGEMENT_URL and the management plugin"
        case .refused(let status):
            "RabbitMQ's management refuses this user (\(status)): the password is wrong, or the user lacks the tag "
                + "policymaker or its permissions on the virtual host"
        case .missing(let what, let reason):
            "RabbitMQ knows no \(what) (\(reason)): does the virtual host of AMQP_MANAGEMENT_URL exist?"
        case .failed(let what, let status, let reason):
            "\(what) failed with \(status): \(reason)"
        case .unexpectedAnswer(let what):
            "\(what) was not answered as RabbitMQ's management answers: does AMQP_MANAGEMENT_URL point elsewhere?"
        }
    }
}
