import CLibPQ

/// The keywords and values that libpq connects with, made from a URL and from what the pool sets for all.
struct ConnectionParameters {
    let keywords: [String]
    let values: [String]

    /// - Throws: `.connectFailed` for a URL that libpq cannot parse. The message never holds the URL, whose password
    ///   would follow it into a log.
    init(_ configuration: PostgresPool.Configuration) throws(PostgresError) {
        let url = configuration.url
        var problem: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(url, &problem) else {
            PQfreemem(problem)
            throw PostgresError(.connectFailed, "the database URL is not one that libpq understands")
        }
        defer { PQconninfoFree(parsed) }
        var settings: [(String, String)] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { settings.append((String(cString: keyword), String(cString: value))) }
            option += 1
        }
        func fallback(_ keyword: String, _ value: String) {
            if !settings.contains(where: { $0.0 == keyword }) { settings.append((keyword, value)) }
        }
        fallback("application_name", configuration.applicationName)
        fallback("connect_timeout", String(max(1, configuration.connectTimeout.components.seconds)))
        if configuration.needsWritableServer { fallback("target_session_attrs", "read-write") }
        fallback("client_encoding", "UTF8")
        // A peer that vanished without a FIN is noticed within about 30 s.
        fallback("keepalives_idle", "10")
        fallback("keepalives_interval", "5")
        fallback("keepalives_count", "4")
        // The same for one that vanished while it owed us an acknowledgement, where keepalives do not apply (in ms).
        fallback("tcp_user_timeout", "30000")
        var options = "-c timezone=UTC"
        if let statementTimeout = configuration.statementTimeout {
            let parts = statementTimeout.components
            options += " -c statement_timeout=\(parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000)"
        }
        if let index = settings.firstIndex(where: { $0.0 == "options" }) {
            settings[index].1 = options + " " + settings[index].1
        } else {
            settings.append(("options", options))
        }
        keywords = settings.map(\.0)
        values = settings.map(\.1)
    }

    /// Calls `body` with the two NULL-terminated arrays of C strings that `PQconnectdbParams` takes.
    func withCStrings<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        CStrings(keywords).withPointers { names in
            CStrings(values).withPointers { texts in body(names, texts) }
        }
    }
}
