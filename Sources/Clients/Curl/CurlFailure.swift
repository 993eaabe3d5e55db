internal import CCurl

/// What libcurl says about a transfer that went wrong.
package struct CurlFailure: Sendable, Hashable {
    /// A `CURLcode`.
    package let code: Int
    /// libcurl's constant text for the code: safe to log.
    package let text: String
    /// libcurl's words on this very transfer, with hosts and addresses.
    package let detail: String

    init(_ code: CURLcode, detail: String) {
        self.code = Int(code.rawValue)
        self.text = String(cString: curl_easy_strerror(code))
        self.detail = detail
    }
}

/// How a transfer ended.
package enum CurlOutcome: Sendable {
    case succeeded
    case failed(CurlFailure)
    case cancelled
    /// The loop was shut down first.
    case closed
}

/// The causes that every protocol has in common.
package enum CurlCause: Sendable {
    case badURL
    case connectFailed
    case timeout
    case tls
    case connectionLost
    case other
}

extension CurlFailure {
    package var cause: CurlCause {
        switch CURLcode(rawValue: UInt32(code)) {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .badURL
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT: .connectFailed
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION,
            CURLE_USE_SSL_FAILED, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            .tls
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
            CURLE_HTTP2_STREAM:
            .connectionLost
        default: .other
        }
    }
}
