internal import CCurl

/// A URL taken apart by libcurl's own parser, so that we and libcurl never read one differently.
package struct CurlURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    package let scheme: String
    /// IPv6 addresses in brackets.
    package let host: String
    package let port: Int?
    /// Percent-decoded, as is the password.
    package let user: String?
    package let password: String?
    /// As written, percent-encoding kept.
    package let path: String
    package let query: String?

    /// - Parameter schemes: the only ones taken. Without a scheme, or with one libcurl cannot speak, the result is nil.
    package init?(_ text: String, schemes: [String]) {
        guard !text.utf8.contains(0), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
        func part(_ part: CURLUPart, flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        let decoded = UInt32(CURLU_URLDECODE)
        guard
            let scheme = part(CURLUPART_SCHEME), schemes.contains(scheme),
            let host = part(CURLUPART_HOST), !host.isEmpty
        else { return nil }
        self.scheme = scheme
        self.host = host
        port = part(CURLUPART_PORT).flatMap { Int($0) }
        user = part(CURLUPART_USER, flags: decoded)
        password = part(CURLUPART_PASSWORD, flags: decoded)
        path = part(CURLUPART_PATH) ?? "/"
        query = part(CURLUPART_QUERY)
    }

    /// Scheme, host and port.
    package var origin: String { "\(scheme)://\(host)" + (port.map { ":\($0)" } ?? "") }

    /// Without user and password.
    package var withoutCredentials: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// Neither credentials nor the query, which may hold a token or somebody's search.
    package var description: String { origin + path }
    package var debugDescription: String { description }
}
