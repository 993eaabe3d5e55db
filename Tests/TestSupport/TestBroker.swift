package import AMQP
import Foundation

/// A virtual host of its own on the test broker.
package struct TestBroker: Sendable {
    /// Its AMQP URL.
    package let url: String
    /// The management API's URL, with the virtual host as its path.
    package let managementURL: String
    package let virtualHost: String
    private let management: String

    package var configuration: AMQPConfiguration { get throws { try AMQPConfiguration(url: url) } }

    package func session() async throws -> AMQPSession { try await AMQPSession(configuration) }

    /// Its configuration by way of another port on loopback, say a proxy's.
    package func configuration(
        host: String = "127.0.0.1",
        port: Int,
        scheme: String = "amqp",
        query: String = ""
    ) throws -> AMQPConfiguration {
        try AMQPConfiguration(url: url(host: host, port: port, scheme: scheme, query: query))
    }

    /// Its URL by way of another port on loopback, say a proxy's.
    package func url(
        host: String = "127.0.0.1",
        port: Int,
        scheme: String = "amqp",
        query: String = ""
    ) throws -> String {
        guard var parts = URLComponents(string: url) else { throw TestEnvironment.Missing(description: "not a URL") }
        parts.scheme = scheme
        parts.host = host
        parts.port = port
        parts.query = query.isEmpty ? nil : query
        return parts.string ?? ""
    }

    /// The broker's own port.
    package var port: Int { URLComponents(string: url)?.port ?? 5672 }

    /// Calls the management API and answers with the body.
    package func manage(_ method: String, _ path: String, body: String? = nil) throws -> String {
        try Self.manage(method, management + path, body: body)
    }

    /// Messages that are ready in a queue, counted by the broker itself rather than by its statistics, which lag.
    package func depth(_ queue: String) async throws -> Int {
        let session = try await session()
        let depth = try await session.messageCount(queue)
        await session.close()
        return depth
    }

    /// What became of a queue's deliveries so far, as the broker's statistics have it: they lag by a second.
    package func settlements(_ queue: String) throws -> (acked: Int, redelivered: Int, unsettled: Int) {
        struct Statistics: Decodable {
            let ack: Int?
            let redeliver: Int?
        }
        struct Answer: Decodable {
            let messages_unacknowledged: Int?
            let message_stats: Statistics?
        }
        let answer = try JSONDecoder().decode(
            Answer.self,
            from: Data(manage("GET", "/api/queues/\(virtualHost)/\(queue)").utf8)
        )
        let statistics = answer.message_stats
        return (statistics?.ack ?? 0, statistics?.redeliver ?? 0, answer.messages_unacknowledged ?? 0)
    }

    /// Ends every connection to this virtual host, the way an administrator would.
    /// - Returns: how many there were.
    package func closeConnections() throws -> Int {
        struct Connection: Decodable { let name: String }
        let list = try manage("GET", "/api/vhosts/\(virtualHost)/connections")
        let connections = try JSONDecoder().decode([Connection].self, from: Data(list.utf8))
        for connection in connections {
            let name = connection.name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            _ = try manage("DELETE", "/api/connections/\(name)")
        }
        return connections.count
    }

    fileprivate static func make(amqp: String, management: String) throws -> TestBroker {
        let management = management.trimmed("/")
        let name = "test-" + UUID().uuidString.lowercased()
        _ = try manage("PUT", "\(management)/api/vhosts/\(name)")
        let url = try TestEnvironment.url(amqp, database: name)
        return TestBroker(
            url: url,
            managementURL: "\(management)/\(name)",
            virtualHost: name,
            management: management
        )
    }

    fileprivate func delete() throws { _ = try manage("DELETE", "/api/vhosts/\(virtualHost)") }

    /// The tests' own way to the management API: the code under test must not vouch for itself.
    package static func manage(_ method: String, _ url: String, body: String? = nil) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["curl", "-sS", "--fail-with-body", "-X", method, "-H", "Content-Type: application/json"]
            + (body.map { ["--data", $0] } ?? []) + [url]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: answer, as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw TestEnvironment.Missing(description: "\(method) on the management API failed: \(text)")
        }
        return text
    }
}

/// Runs `body` with a new, empty virtual host and deletes it afterwards.
///
/// - Parameter node: in place of the node that all tests share.
package func withTestBroker(on node: BrokerNode? = nil, _ body: (TestBroker) async throws -> Void) async throws {
    let urls =
        if let node {
            try await node.urls()
        } else {
            (
                amqp: try TestEnvironment.value("TEST_AMQP_URL"),
                management: try TestEnvironment.value("TEST_AMQP_MANAGEMENT_URL")
            )
        }
    try await withTestBroker(urls, body)
}

func withTestBroker(
    _ urls: (amqp: String, management: String),
    _ body: (TestBroker) async throws -> Void
) async throws {
    let broker = try TestBroker.make(amqp: urls.amqp, management: urls.management)
    var failure: (any Error)?
    do { try await body(broker) } catch { failure = error }
    do { try broker.delete() } catch {
        // What failed first says why, perhaps this too.
        throw failure ?? error
    }
    if let failure { throw failure }
}

extension String {
    fileprivate func trimmed(_ suffix: Character) -> String { hasSuffix(String(suffix)) ? String(dropLast()) : self }
}
