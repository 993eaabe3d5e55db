internal import CCurl

/// libcurl's process-wide state, set up before the first handle exists.
enum CurlLibrary {
    private static let loaded: Void = {
        let code = curl_global_init(Int(CURL_GLOBAL_SSL))
        precondition(code == CURLE_OK, "libcurl cannot start: \(String(cString: curl_easy_strerror(code)))")
    }()

    static func load() { loaded }
}
