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
        guard var parts = URLComponents(string: url) else { throw TestEnvironment.Missing(description: "not a URL") }
        parts.scheme = scheme
        parts.host = host
        parts.port = port
        parts.query = query.isEmpty ? nil : query
        return try AMQPConfiguration(url: parts.string ?? "")
    }

    /// The broker's own port.
    package var port: Int { URLComponents(string: url)?.port ?? 5672 }

    /// Calls the management API and answers with the body.
    package func manage(_ method: String, _ path: String, body: String? = nil) throws -> String {
        try Self.manage(method, management + path, body: body)
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

    fileprivate static func make() throws -> TestBroker {
        let management = try TestEnvironment.value("TEST_AMQP_MANAGEMENT_URL").trimmed("/")
        let name = "test-" + UUID().uuidString.lowercased()
        _ = try manage("PUT", "\(management)/api/vhosts/\(name)")
        let url = try TestEnvironment.url(TestEnvironment.value("TEST_AMQP_URL"), database: name)
        return TestBroker(
            url: url,
            managementURL: "\(management)/\(name)",
            virtualHost: name,
            management: management
        )
    }

    fileprivate func delete() throws { _ = try manage("DELETE", "/api/vhosts/\(virtualHost)") }

    /// The tests' own way to the management API: the code under test must not vouch for itself.
    private static func manage(_ method: String, _ url: String, body: String? = nil) throws -> String {
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
package func withTestBroker(_ body: (TestBroker) async throws -> Void) async throws {
    let broker = try TestBroker.make()
    var failure: (any Error)?
    do { try await body(broker) } catch { failure = error }
    try broker.delete()
    if let failure { throw failure }
}

extension String {
    fileprivate func trimmed(_ suffix: Character) -> String { hasSuffix(String(suffix)) ? String(dropLast()) : self }
}
