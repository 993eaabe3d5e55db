import Foundation

extension Problem {
    /// The answer that tells `request`'s sender about this problem.
    public func response(to request: Request) -> Response {
        response(instance: request.path, requestID: request.requestID)
    }

    func response(instance: String, requestID: String) -> Response {
        var headers = headers
        headers["Content-Type"] = "application/problem+json"
        headers["Cache-Control"] = "no-store"
        headers["X-Request-Id"] = requestID
        let document = Document(problem: self, instance: instance, requestID: requestID)
        // Only an extension can fail to encode (a NaN, say); the rest must reach the client all the same.
        var plain = document
        plain.problem.extensions = [:]
        let json = (try? Self.encoder.encode(document)) ?? (try? Self.encoder.encode(plain)) ?? Data()
        return Response(status: status, headers: headers, body: .bytes([UInt8](json)))
    }

    private static let encoder = JSONCoding.encoder

    private struct Document: Encodable {
        var problem: Problem
        let instance: String
        let requestID: String

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: Member.self)
            try members.encode(problem.type, forKey: "type")
            try members.encode(problem.title, forKey: "title")
            try members.encode(problem.status, forKey: "status")
            try members.encodeIfPresent(problem.detail, forKey: "detail")
            try members.encode(instance, forKey: "instance")
            try members.encode(requestID, forKey: "request_id")
            if !problem.fieldErrors.isEmpty { try members.encode(problem.fieldErrors, forKey: "errors") }
            for (name, value) in problem.extensions where !Self.reserved.contains(name) {
                try members.encode(value, forKey: Member(stringValue: name))
            }
        }

        private static let reserved: Set<String> =
            ["type", "title", "status", "detail", "instance", "request_id", "errors"]
    }

    private struct Member: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init(stringLiteral value: String) { stringValue = value }
        init?(intValue: Int) { nil }
    }
}
