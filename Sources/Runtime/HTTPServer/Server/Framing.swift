/// What libmicrohttpd 0.9.75 lets pass although RFC 9112 forbids it. A proxy in front may read such a request
/// differently, and its next request could then be smuggled past it: §11.2.
enum Framing {
    /// - Returns: the reason to refuse the request, or nil.
    static func violation(_ headers: Headers, target: String, isHTTP10: Bool) -> String? {
        let hosts = headers.all("Host").count
        let lengths = headers.all("Content-Length").count
        let codings = headers.all("Transfer-Encoding")
        if hosts > 1 || (hosts == 0 && !isHTTP10) { return "Exactly one Host header is required." }
        if lengths + codings.count > 1 { return "The length of the body is ambiguous." }
        if let coding = codings.first, isHTTP10 || coding.lowercased() != "chunked" {
            return "Only the chunked transfer coding is understood."
        }
        if !headers.areWellFormed { return "A header has characters that are not allowed." }
        if target.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) { return "The target has a space in it." }
        if RequestTarget.containsNull(target) { return "The target has a null character in it." }
        return nil
    }
}
