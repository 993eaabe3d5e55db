internal import Curl

/// A request to send. Its description shows neither credentials, nor the query, nor headers, nor the body.
package struct HTTPRequest: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package var method: String
    /// `http:` or `https:`. A user and password in it become basic authentication.
    package var url: String
    package var headers: [(String, String)]
    package var body: [UInt8]?
    /// From the call to the last byte of the answer, waiting for a free connection included.
    package var timeout: Duration

    package init(
        method: String = "GET",
        url: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }

    package var description: String {
        "\(method) \(CurlURL(url, schemes: HTTPClient.schemes)?.description ?? "(no URL)")"
    }
    package var debugDescription: String { description }
}
