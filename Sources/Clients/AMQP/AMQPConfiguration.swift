import Foundation

/// Where the broker is and who we are, from a URL:
/// `amqp[s]://USER:PASSWORD@HOST[:PORT]/VHOST?heartbeat=30&connection_timeout=5&cacertfile=…&certfile=…&keyfile=…`
///
/// Several hosts may stand there, with commas between, the nodes of a cluster: each connection takes any one that answers. The
/// virtual host is percent-encoded (`%2F` is the default one, as is a missing path); `heartbeat` and `connection_timeout` are
/// seconds. The last three are for `amqps` only; without `cacertfile` the system's authorities are trusted. Source of the
/// query's names: RabbitMQ's "URI Query Parameters".
public struct AMQPConfiguration: Sendable, CustomStringConvertible, CustomReflectable {
    struct TLS: Sendable, Equatable {
        /// PEM file of the authorities to trust; librabbitmq loads none by itself.
        var caFile = "/etc/ssl/certs/ca-certificates.crt"
        var certificateFile: String?
        var keyFile: String?
    }

    struct Host: Sendable, Equatable, CustomStringConvertible {
        let name: String
        let port: Int

        var description: String { "\(name):\(port)" }
    }

    /// At least one.
    let hosts: [Host]
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
        let each = Self.oneForEachHost(url).map { URLComponents(string: $0) }
        guard let parts = each.first ?? nil, let scheme = parts.scheme?.lowercased(),
            each.allSatisfy({ $0?.host?.isEmpty == false })
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
        hosts = each.compactMap { parts in
            guard let host = parts?.host else { return nil }
            // URLComponents brackets an IPv6 address; the resolver wants it bare.
            let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
            return Host(name: name, port: parts?.port ?? (scheme == "amqps" ? 5671 : 5672))
        }
        self.user = parts.user ?? "guest"
        self.password = parts.password ?? "guest"
        self.virtualHost = virtualHost.isEmpty ? "/" : virtualHost
        self.tls = scheme == "amqps" ? tls : nil
        self.connectionName = connectionName
    }

    /// The URL once for each of its hosts, since Foundation reads no list of them.
    private static func oneForEachHost(_ url: String) -> [String] {
        guard let slashes = url.range(of: "://") else { return [url] }
        let authority = url[slashes.upperBound...].prefix { !"/?#".contains($0) }
        let start = authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex
        let (before, behind) = (String(url[..<start]), String(url[authority.endIndex...]))
        return authority[start...].split(separator: ",", omittingEmptySubsequences: false).map { host in
            before + String(host) + behind
        }
    }

    public var description: String {
        let hosts = hosts.map(\.description).joined(separator: ",")
        return "\(tls == nil ? "amqp" : "amqps")://\(hosts)/\(virtualHost)"
    }

    /// So that `dump` of whatever holds this keeps the password to itself.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}
