import CLibPQ

/// A libpq URI, for those who hand it to PostgreSQL's own programs.
public enum PostgresURL {
    /// The URI as the environment variables that `pg_dump`, `psql` and the like read, so that its password is in no
    /// list of processes. What has no variable, such as `keepalives`, is left out.
    ///
    /// - Throws: `.connectFailed` for what libpq cannot parse; the message never holds the URI.
    public static func environment(_ url: String) throws(PostgresError) -> [String: String] {
        guard let parsed = PQconninfoParse(url, nil) else {
            throw PostgresError(.connectFailed, "the database URL is not one that libpq understands")
        }
        defer { PQconninfoFree(parsed) }
        var environment: [String: String] = [:]
        var option = parsed
        while option.pointee.keyword != nil {
            if let variable = option.pointee.envvar, let value = option.pointee.val {
                environment[String(cString: variable)] = String(cString: value)
            }
            option += 1
        }
        return environment
    }
}
