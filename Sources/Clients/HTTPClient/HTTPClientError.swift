internal import Curl

/// Why there is no answer. An answer with status 500 is not among the reasons: it is an answer.
package struct HTTPClientError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package enum Code: String, Hashable, Sendable {
        case badURL
        /// A method, header name or header value that would break the request apart.
        case invalidRequest
        case connectFailed
        case timeout
        case tls
        /// The connection broke before the whole answer was here; the server may have acted on the request.
        case connectionLost
        /// The body is longer than `HTTPClient.Configuration.maximumBody`.
        case tooLarge
        case cancelled
        /// `shutdown()` was called.
        case closed
        case other
    }

    package let code: Code
    /// libcurl's `CURLcode`, 0 when libcurl was not asked.
    package let curlCode: Int
    /// Method and URL without credentials and query.
    package let request: String
    package let file: StaticString
    package let line: UInt
    private let text: String
    private let detail: String

    /// Whether the same request may succeed later: true unless the request itself is at fault. Whether it may be sent
    /// twice is for the caller to know.
    package var isRetriable: Bool {
        switch code {
        case .badURL, .invalidRequest, .tooLarge: false
        case .connectFailed, .timeout, .tls, .connectionLost, .cancelled, .closed, .other: true
        }
    }

    /// The request without its secrets, and libcurl's constant text.
    package var description: String { "\(request) failed: \(text) (\(code.rawValue), curl \(curlCode))" }

    /// In addition libcurl's own words, with addresses, and the place of the call.
    package var debugDescription: String { "\(description): \(detail) at \(file):\(line)" }

    init(
        _ code: Code,
        _ text: String,
        curlCode: Int = 0,
        detail: String = "",
        request: HTTPRequest,
        file: StaticString,
        line: UInt
    ) {
        self.code = code
        self.curlCode = curlCode
        self.text = text
        self.detail = detail
        self.request = request.description
        self.file = file
        self.line = line
    }
}

extension HTTPClientError.Code {
    init(_ cause: CurlCause) {
        self =
            switch cause {
            case .badURL: .badURL
            case .connectFailed: .connectFailed
            case .timeout: .timeout
            case .tls: .tls
            case .connectionLost: .connectionLost
            case .other: .other
            }
    }
}
