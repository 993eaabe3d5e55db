package import CCurl
internal import Synchronization

/// One transfer: libcurl's easy handle and the buffers that it reads from and writes to.
package final class CurlTransfer: @unchecked Sendable {
    // @unchecked: it has one owner at a time. The task that prepares it hands it to `perform` and touches it again only
    // after that has returned; in between only the thread that drives it does. `isStopped` alone is shared.
    let easy: UnsafeMutableRawPointer
    /// Set from any thread when nobody wants the transfer any more.
    let isStopped = Atomic(false)
    private(set) var configurationFailure: CURLcode?
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText: UnsafeMutablePointer<CChar>
    private var upload: ArraySlice<UInt8> = []
    private let maximumBody: Int
    let timeout: Duration
    private var deadline: ContinuousClock.Instant?

    /// The header lines (HTTP) or reply lines (SMTP) in order, without their line ends.
    package private(set) var headerLines: [String] = []
    package private(set) var body: [UInt8] = []
    /// The transfer failed because the body grew beyond its limit.
    package private(set) var isBodyTooLarge = false

    /// - Parameters:
    ///   - url: with its credentials taken out: they are options of their own, which no error text repeats.
    ///   - timeout: for the whole transfer, waiting for a connection included.
    ///   - maximumBody: bytes of body to take.
    ///   - certificateAuthorities: a PEM file that takes the place of the system's authorities.
    package init(
        url: String,
        protocols: String,
        user: String?,
        password: String?,
        certificateAuthorities: String?,
        connectTimeout: Duration,
        timeout: Duration,
        maximumBody: Int
    ) {
        CurlLibrary.load()
        // libcurl returns nil only when memory is out, and then nothing else would work either.
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl cannot allocate a transfer") }
        self.easy = easy
        self.maximumBody = maximumBody
        self.timeout = timeout
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        let context = Unmanaged.passUnretained(self).toOpaque()
        check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        check(ccurl_set_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody))
        check(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        check(ccurl_set_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
        check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        check(ccurl_close_on_exec(easy))
        // Signals belong to the whole process; libcurl would use them to time out name lookups.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_URL, url)
        set(CURLOPT_PROTOCOLS_STR, protocols)
        // Every setting of ours is documented; http_proxy and its kin from the environment are not among them.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.milliseconds)
        if let user { set(CURLOPT_USERNAME, user) }
        if let password { set(CURLOPT_PASSWORD, password) }
        if let certificateAuthorities { set(CURLOPT_CAINFO, certificateAuthorities) }
    }

    deinit {
        curl_easy_cleanup(easy)
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    package func set(_ option: CURLoption, _ value: Int) {
        check(ccurl_set_long(easy, option, value))
    }

    /// libcurl copies the text.
    package func set(_ option: CURLoption, _ value: String) {
        check(ccurl_set_string(easy, option, value))
    }

    package func set(_ option: CURLoption, _ values: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for value in values {
            guard let longer = curl_slist_append(list, value) else {
                curl_slist_free_all(list)
                return check(CURLE_OUT_OF_MEMORY)
            }
            list = longer
        }
        guard let list else { return }
        lists.append(list)
        check(ccurl_set_pointer(easy, option, list))
    }

    /// The body of an HTTP request. libcurl copies it.
    package func setRequestBody(_ bytes: [UInt8]) {
        check(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        bytes.withUnsafeBytes { buffer in
            // An empty array may have no address, which libcurl would take as "no body at all".
            let start = buffer.baseAddress ?? UnsafeRawPointer(errorText)
            check(ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start)))
        }
    }

    /// What an upload (a mail) sends, read in pieces.
    package func setUpload(_ bytes: [UInt8]) {
        upload = bytes[...]
        set(CURLOPT_UPLOAD, 1)
        check(ccurl_set_callback(easy, CURLOPT_READFUNCTION, sendUpload))
        check(ccurl_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque()))
        check(ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(bytes.count)))
    }

    /// The status of an HTTP answer, or the last reply code of an SMTP conversation; 0 when there was none.
    package var responseCode: Int {
        var code = 0
        return ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0
    }

    /// Lets `isStopped` and `deadline` end the transfer from inside, at the latest a second after.
    func stopWhenAsked(deadline: ContinuousClock.Instant) {
        self.deadline = deadline
        set(CURLOPT_NOPROGRESS, 0)
        check(ccurl_set_progress(easy, reportProgress))
        check(ccurl_set_pointer(easy, CURLOPT_XFERINFODATA, Unmanaged.passUnretained(self).toOpaque()))
    }

    /// libcurl keeps the connection of a mail that was stopped while its last answer was due, and would take that answer
    /// for the next mail's.
    fileprivate func stopIfAsked() -> Bool {
        guard isStopped.load(ordering: .relaxed) || deadline.map({ $0 <= .now }) == true else { return false }
        set(CURLOPT_FORBID_REUSE, 1)
        return true
    }

    func failure(_ code: CURLcode) -> CurlFailure {
        CurlFailure(code, detail: String(cString: errorText))
    }

    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= maximumBody else {
            isBodyTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    fileprivate func take(header bytes: UnsafeRawBufferPointer) -> Int {
        var line = bytes[...]
        while let last = line.last, last == UInt8(ascii: "\r") || last == UInt8(ascii: "\n") { line.removeLast() }
        headerLines.append(String(decoding: line, as: UTF8.self))
        return bytes.count
    }

    fileprivate func give(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = upload.prefix(buffer.count)
        buffer.copyBytes(from: piece)
        upload = upload.dropFirst(piece.count)
        return piece.count
    }

    /// Remembers the first option that libcurl refuses: the transfer then fails with it, and never runs without, say,
    /// its protocol restriction.
    private func check(_ code: CURLcode) {
        if code != CURLE_OK, configurationFailure == nil { configurationFailure = code }
    }
}

extension Duration {
    /// For libcurl, where 0 means "for ever" or "at once": rounded up, and at least 1.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1_000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
    context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.take(header: UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

private func sendUpload(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ size: Int,
    _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    transfer(context)?.give(to: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

/// Another result than 0 aborts the transfer.
private func reportProgress(
    _ context: UnsafeMutableRawPointer?,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t,
    _: curl_off_t
) -> Int32 {
    transfer(context)?.stopIfAsked() == true ? 1 : 0
}
