import Foundation
import HTTPClient

extension TestShop {
    /// What a program's `/metrics` says now: values by series, as Prometheus writes them.
    package func metrics(_ program: RunningProgram) async throws -> [String: Double] {
        let url = "http://127.0.0.1:\(program.metricsPort)/metrics"
        let response = try await client.send(HTTPRequest(method: "GET", url: url))
        var values: [String: Double] = [:]
        for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            values[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return values
    }
}
