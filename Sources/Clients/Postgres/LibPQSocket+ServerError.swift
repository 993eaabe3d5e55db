import CLibPQ

extension LibPQSocket {
    /// The error that a result of status `PGRES_FATAL_ERROR` reports.
    /// - Throws: `.connectionLost` where the report means the end of the connection.
    func serverError(consuming result: OpaquePointer) throws(PostgresError) -> PostgresError {
        defer { PQclear(result) }
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        // The codes: PostgreSQL documentation, "Error and Notice Message Fields".
        let sqlState = field("C")
        // Class 57P: the server shuts down, or an administrator ended the session; libpq's own errors have no SQLSTATE.
        if sqlState == nil || sqlState?.hasPrefix("57P") == true || PQstatus(connection) == CONNECTION_BAD {
            var error = lost()
            error.sqlState = sqlState
            throw error
        }
        var error = PostgresError(sqlState == "57014" ? .timeout : .server, field("M") ?? "the server gave no message")
        error.sqlState = sqlState
        error.constraint = field("n")
        error.table = field("t")
        error.column = field("c")
        error.detail = field("D")
        error.hint = field("H")
        // The routine tells this error from all others of 0A000 (feature not supported), whatever the server's language.
        error.isStalePlan = sqlState == "0A000" && field("R") == "RevalidateCachedQuery"
        return error
    }
}
