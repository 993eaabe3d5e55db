import Foundation
package import HTTPClient

/// RabbitMQ's management plugin, as far as queues need it.
package struct ManagementAPI: Sendable {
    private let base: String
    /// Percent-encoded, as it stands in paths.
    let virtualHost: String
    private let client: HTTPClient

    /// - Parameter url: `http://user:password@host:15672[/vhost]`; without a path, the virtual host is `/`.
    package init(url: String, client: HTTPClient) throws(ManagementError) {
        guard var parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme), parts.host != nil else {
            throw .badURL
        }
        let path = parts.percentEncodedPath
        virtualHost = path.count > 1 ? String(path.dropFirst()) : "%2F"
        parts.percentEncodedPath = "/api/"
        guard let base = parts.string else { throw .badURL }
        self.base = base
        self.client = client
    }

    /// Every queue of the virtual host, sorted by name.
    ///
    /// - Parameter seconds: over which the rates are averaged, a multiple of five; `nil` for the last sampling interval,
    ///   whose rates flicker where messages come one by one.
    package func queues(averagedOver seconds: Int? = nil) async throws(ManagementError) -> [QueueStatus] {
        let query = seconds.map { "?msg_rates_age=\($0)&msg_rates_incr=5" } ?? ""
        let queues: [QueueStatus] = try await get("queues/\(virtualHost)\(query)")
        return queues.sorted { $0.name < $1.name }
    }

    func get<Answer: Decodable>(_ path: String) async throws(ManagementError) -> Answer {
        try decode(try await read(path), "GET /api/\(path)")
    }

    /// RabbitMQ answers 500 when something that it lists comes or goes at that moment: then it is asked again.
    private func read(_ path: String) async throws(ManagementError) -> [UInt8] {
        for attempt in 1...2 {
            do {
                return try await exchange("GET", path, nil)
            } catch .failed(_, status: 500, _) {
                try? await Task.sleep(for: .milliseconds(100 * attempt))
            }
        }
        return try await exchange("GET", path, nil)
    }

    func decode<Answer: Decodable>(_ answer: [UInt8], _ request: String) throws(ManagementError) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(answer))
        } catch {
            throw .unexpectedAnswer(request)
        }
    }

    @discardableResult
    func send(_ method: String, _ path: String, _ body: some Encodable = [String: String]())
        async throws(ManagementError) -> [UInt8]
    {
        let json: [UInt8]
        do {
            json = Array(try JSONEncoder().encode(body))
        } catch {
            throw .unexpectedAnswer("a body that cannot be encoded")
        }
        return try await exchange(method, path, json)
    }

    private func exchange(_ method: String, _ path: String, _ body: [UInt8]?) async throws(ManagementError) -> [UInt8] {
        let request = HTTPRequest(
            method: method,
            url: base + path,
            headers: [("Content-Type", "application/json")],
            body: body,
            timeout: .seconds(15)
        )
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw .unreachable(String(describing: error))
        }
        switch response.status {
        case 200..<300: return response.body
        case 401, 403: throw .refused(status: response.status)
        case 404: throw .missing("/api/\(path)", reason: Self.reason(response.body))
        default: throw .failed("\(method) /api/\(path)", status: response.status, reason: Self.reason(response.body))
        }
    }

    private static func reason(_ body: [UInt8]) -> String {
        struct Failure: Decodable { let reason: String }
        return (try? JSONDecoder().decode(Failure.self, from: Data(body)).reason)
            ?? String(decoding: body.prefix(300), as: UTF8.self)
    }

    func escape(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(.init(charactersIn: "-._~"))) ?? name
    }
}
