import Foundation

/// Where the broker is and who we are, from a URL:
/// `amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST?heartbeat=30&connection_timeout=5&cacertfile=…&certfile=…&keyfile=…`
///
/// The virtual host is percent-encoded (`%2F` is the default one, as is a missing path); `heartbeat` and
/// `connection_timeout` are seconds. The last three are for `amqps` only; without `cacertfile` the system's authorities
/// are trusted. Source of the query's names: RabbitMQ's "URI Query Parameters".
public struct AMQPConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    struct TLS: Sendable, Equatable {
        /// PEM file of the authorities to trust; librabbitmq loads none by itself.
        var caFile = "/etc/ssl/certs/ca-certificates.crt"
        var certificateFile: String?
        var keyFile: String?
    }

    let host: String
    let port: Int
    let user: String
    let password: String
    let virtualHost: String
    let heartbeat: Int
    let connectTimeout: Int
    let tls: TLS?
    /// How the broker's list of connections names this one.
    public var connectionName: String

    /// - Throws: `AMQPError` with code `.badURL`, which says what is wrong and never repeats the URL.
    public init(url: String, connectionName: String = "wharf") throws(AMQPError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty
        else { throw AMQPError(.badURL, "the broker's URL is not of the form amqp://user:password@host:port/vhost") }
        guard scheme == "amqp" || scheme == "amqps" else {
            throw AMQPError(.badURL, "the broker's URL begins with \(scheme)://, not amqp:// or amqps://")
        }
        var settings: [String: String] = [:]
        for item in parts.queryItems ?? [] { settings[item.name] = item.value ?? "" }
        func seconds(_ name: String, _ fallback: Int, _ range: ClosedRange<Int>) throws(AMQPError) -> Int {
            guard let text = settings.removeValue(forKey: name) else { return fallback }
            guard let number = Int(text), range.contains(number) else {
                throw AMQPError(
                    .badURL,
                    "\(name) in the broker's URL is no number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            return number
        }
        heartbeat = try seconds("heartbeat", 30, 0...3_600)
        connectTimeout = try seconds("connection_timeout", 5, 1...300)
        var tls = TLS()
        if scheme == "amqps" {
            if let file = settings.removeValue(forKey: "cacertfile") { tls.caFile = file }
            tls.certificateFile = settings.removeValue(forKey: "certfile")
            tls.keyFile = settings.removeValue(forKey: "keyfile")
            if (tls.certificateFile == nil) != (tls.keyFile == nil) {
                throw AMQPError(.badURL, "the broker's URL needs certfile and keyfile together")
            }
        }
        if let unknown = settings.keys.sorted().first {
            throw AMQPError(.badURL, "the broker's URL has a parameter '\(unknown)' that is not known")
        }
        let path = parts.percentEncodedPath.dropFirst()
        guard !path.contains("/"), let virtualHost = String(path).removingPercentEncoding else {
            throw AMQPError(.badURL, "the virtual host in the broker's URL is not percent-encoded")
        }
        // URLComponents brackets an IPv6 address; the resolver wants it bare.
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = parts.port ?? (scheme == "amqps" ? 5671 : 5672)
        self.user = parts.user ?? "guest"
        self.password = parts.password ?? "guest"
        self.virtualHost = virtualHost.isEmpty ? "/" : virtualHost
        self.tls = scheme == "amqps" ? tls : nil
        self.connectionName = connectionName
    }

    public var description: String { "\(tls == nil ? "amqp" : "amqps")://\(host):\(port)/\(virtualHost)" }

    /// So that `dump` of whatever holds this keeps the password to itself.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
