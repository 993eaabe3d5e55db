/// What the server answered, whatever the status.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// By lower-case name; the values of a repeated header are joined with ", " (RFC 9110 section 5.3).
    package let headers: [String: String]
    package let body: [UInt8]
}

extension HTTPResponse {
    /// - Parameter lines: as they came, interim answers (1xx) included, of which nothing is kept.
    init(status: Int, lines: [String], body: [UInt8]) {
        var headers: [String: String] = [:]
        for line in lines {
            if line.hasPrefix("HTTP/") {
                headers = [:]
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let trimmed = value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            headers[name] = (headers[name].map { $0 + ", " } ?? "") + String(trimmed)
        }
        self.init(status: status, headers: headers, body: body)
    }
}
