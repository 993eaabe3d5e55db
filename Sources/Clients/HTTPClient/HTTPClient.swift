internal import CCurl
internal import Curl

/// Sends HTTP requests by libcurl on one thread of its own, with connections kept for reuse.
///
/// Certificates are verified. Redirects are not followed: a 3xx is an answer like any other.
package final class HTTPClient: Sendable {
    package struct Configuration: Sendable {
        /// Requests beyond it wait for a connection, on their own timeout.
        package var maximumConnectionsPerHost = 8
        package var connectTimeout: Duration = .seconds(5)
        /// Bytes of a response's body; a longer one is refused with `.tooLarge`.
        package var maximumBody = 16 << 20
        /// A PEM file that takes the place of the system's certificate authorities.
        package var certificateAuthorities: String?

        package init() {}
    }

    static let schemes = ["http", "https"]

    private let configuration: Configuration
    private let loop: CurlLoop

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        loop = CurlLoop(name: "http-client", maximumConnectionsPerHost: configuration.maximumConnectionsPerHost)
    }

    /// The answer, whatever its status. Cancelling the task drops the request.
    package func send(
        _ request: HTTPRequest,
        file: StaticString = #fileID,
        line: UInt = #line
    ) async throws(HTTPClientError) -> HTTPResponse {
        func error(_ code: HTTPClientError.Code, _ text: String, _ failure: CurlFailure? = nil) -> HTTPClientError {
            HTTPClientError(
                code,
                text,
                curlCode: failure?.code ?? 0,
                detail: failure?.detail ?? "",
                request: request,
                file: file,
                line: line
            )
        }
        guard let url = CurlURL(request.url, schemes: Self.schemes) else { throw error(.badURL, "no http(s) URL") }
        guard request.isWellFormed else { throw error(.invalidRequest, "a method or header with foreign characters") }
        let transfer = transfer(for: request, to: url)
        switch await loop.perform(transfer) {
        case .succeeded:
            return HTTPResponse(
                status: transfer.responseCode,
                lines: transfer.headerLines,
                body: transfer.body
            )
        case .failed(let failure) where transfer.isBodyTooLarge:
            throw error(.tooLarge, "the body is longer than \(configuration.maximumBody) bytes", failure)
        case .failed(let failure):
            throw error(HTTPClientError.Code(failure.cause), failure.text, failure)
        case .cancelled:
            throw error(.cancelled, "the task was cancelled")
        case .closed:
            throw error(.closed, "the client is shut down")
        }
    }

    /// Ends every request in flight with `.closed`; so ends every later one.
    package func shutdown() { loop.shutdown() }

    private func transfer(for request: HTTPRequest, to url: CurlURL) -> CurlTransfer {
        let transfer = CurlTransfer(
            url: url.withoutCredentials,
            protocols: Self.schemes.joined(separator: ","),
            user: url.user,
            password: url.password,
            certificateAuthorities: configuration.certificateAuthorities,
            connectTimeout: configuration.connectTimeout,
            timeout: request.timeout,
            maximumBody: configuration.maximumBody
        )
        if request.method == "HEAD" {
            transfer.set(CURLOPT_NOBODY, 1)
        } else {
            // First the body, which makes it a POST for libcurl, then the name that goes on the wire.
            if let body = request.body ?? request.impliedBody { transfer.setRequestBody(body) }
            transfer.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        transfer.set(CURLOPT_HTTPHEADER, request.headerLines)
        return transfer
    }
}

extension HTTPRequest {
    /// Methods that announce a body say so even when it is empty: servers may answer 411 otherwise.
    fileprivate var impliedBody: [UInt8]? { ["POST", "PUT", "PATCH"].contains(method) ? [] : nil }

    fileprivate var headerLines: [String] {
        var lines = headers.map { name, value in value.isEmpty ? "\(name);" : "\(name): \(value)" }
        // Without a value libcurl leaves the header out: it would wait a second for "100 Continue", and would call
        // every body a form.
        lines.append("Expect:")
        if !headers.contains(where: { $0.0.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        return lines
    }

    /// Nothing in it can end a line and start another header (RFC 9110 section 5.5).
    fileprivate var isWellFormed: Bool {
        func isToken(_ text: String) -> Bool {
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }
        }
        return isToken(method)
            && headers.allSatisfy { name, value in
                isToken(name) && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
            }
    }
}
