import Foundation
package import HTTPClient
package import Observability

/// The search engine's REST interface, as far as Elasticsearch and OpenSearch share it.
package struct SearchEngine: Sendable {
    private let client: HTTPClient
    private let url: String
    private let timeout: Duration
    private let durations: [String: Histogram]

    /// - Parameter url: with user and password where the engine asks for them.
    package init(
        client: HTTPClient,
        url: String,
        timeout: Duration = .seconds(10),
        metrics: MetricsRegistry = .shared
    ) {
        durations = Dictionary(
            uniqueKeysWithValues: Self.operations.map { operation in
                let histogram = metrics.histogram(
                    "search_request_duration_seconds",
                    help: "Time until the search engine has answered, or has not.",
                    labels: ["operation": operation]
                )
                return (operation, histogram)
            }
        )
        self.client = client
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.timeout = timeout
    }

    /// Whether it answers at all.
    package func isUp() async throws(SearchError) -> Bool { try await send("GET", "/").status == 200 }

    /// Returns when it answers, whoever asked it last.
    ///
    /// - Throws: `.unavailable`.
    package func check() async throws(SearchError) {
        guard try await isUp() else { throw .unavailable("it answers that it is not up") }
    }

    struct Answer {
        let status: Int
        let body: Data

        func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: body)
        }
    }

    func send(_ method: String, _ path: String, _ body: JSON) async throws(SearchError) -> Answer {
        guard let data = try? JSONEncoder().encode(body) else { throw .malformedAnswer }
        return try await send(method, path, body: Array(data))
    }

    /// - Throws: `.unavailable` when the engine cannot be asked or has no time; any other answer is the caller's.
    func send(_ method: String, _ path: String, body: [UInt8]? = nil) async throws(SearchError) -> Answer {
        let response: HTTPResponse
        let start = ContinuousClock.now
        defer { durations[Self.operation(of: path)]?.observe(.now - start) }
        // Not application/x-ndjson for _bulk: plain JSON is what every engine takes.
        let headers = body == nil ? [] : [("Content-Type", "application/json")]
        do throws(HTTPClientError) {
            response = try await Tracing.span("search \(Self.operation(of: path))", .client, attributes(method)) {
                () throws(HTTPClientError) in
                try await client.send(
                    HTTPRequest(
                        method: method,
                        url: url + path,
                        headers: headers + TraceContext.outgoingHeaders,
                        body: body,
                        timeout: timeout
                    )
                )
            }
        } catch {
            throw .unavailable(String(describing: error))
        }
        if response.status == 429 || response.status >= 500 { throw .unavailable("HTTP \(response.status)") }
        return Answer(status: response.status, body: Data(response.body))
    }
}

extension SearchEngine {
    private static let operations = ["search", "bulk", "other"]

    /// What a request is counted as.
    private static func operation(of path: String) -> String {
        let last = path.prefix { $0 != "?" }.split(separator: "/").last ?? ""
        return operations.first { last == "_\($0)" } ?? "other"
    }

    private func attributes(_ method: String) -> [String: LogValue] {
        ["db.system.name": "elasticsearch", "http.request.method": .string(method)]
    }
}

package enum SearchError: Error, Equatable, CustomStringConvertible {
    /// Down, unreachable, overloaded or too slow: later may help.
    case unavailable(String)
    /// The engine understood and refused: later will not help.
    case refused(status: Int, reason: String)
    case malformedAnswer

    package var description: String {
        switch self {
        case .unavailable(let reason): "the search engine is not available: \(reason)"
        case .refused(let status, let reason): "the search engine refused with HTTP \(status): \(reason)"
        case .malformedAnswer: "the search engine's answer is not what was asked for"
        }
    }
}

extension SearchEngine.Answer {
    /// - Throws: `SearchError.refused` with the engine's own words.
    func expectSuccess() throws(SearchError) {
        if (200..<300).contains(status) { return }
        struct Failure: Decodable {
            struct Cause: Decodable { let reason: String? }
            let error: Cause?
        }
        let reason = (try? decode(Failure.self))?.error?.reason
        throw .refused(status: status, reason: reason ?? "no reason given")
    }
}
