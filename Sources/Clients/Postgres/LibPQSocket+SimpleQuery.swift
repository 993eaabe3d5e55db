import CLibPQ
import CLinux

/// Scripts and COPY … FROM STDIN, which only the simple protocol takes, outside pipeline mode.
extension LibPQSocket {
    /// Runs the statements of `sql` in order; their rows are dropped.
    func script(_ sql: String) throws(PostgresError) {
        try startSimpleQuery(sql)
        var failure: PostgresError?
        while let result = try nextResult() {
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: PQclear(result)
            case PGRES_FATAL_ERROR: failure = try serverError(consuming: result)
            default:
                PQclear(result)
                throw lost("a script answered with a COPY, which only copyIn can carry out")
            }
        }
        try endSimpleQuery()
        if let failure { throw failure }
    }

    func beginCopy(_ sql: String) throws(PostgresError) {
        try startSimpleQuery(sql)
        guard let result = try nextResult() else { throw lost() }
        switch PQresultStatus(result) {
        case PGRES_COPY_IN: PQclear(result)
        case PGRES_FATAL_ERROR:
            var error = try serverError(consuming: result)
            error.sql = sql
            try endSimpleQuery()
            throw error
        default:
            // What such a statement still sends (a COPY TO never ends by itself) is not worth reading.
            PQclear(result)
            _ = lost("not a COPY … FROM STDIN")
            throw PostgresError(.protocolViolation, "the statement is no COPY … FROM STDIN")
        }
    }

    func sendCopy(_ bytes: [UInt8]) throws(PostgresError) {
        guard let count = Int32(exactly: bytes.count) else {
            throw PostgresError(.encoding, "a row for COPY is longer than 2 GiB")
        }
        while true {
            let sent = bytes.withUnsafeBytes {
                PQputCopyData(connection, $0.bindMemory(to: CChar.self).baseAddress, count)
            }
            if sent == 1 { return try flush() }
            if sent < 0 { throw lost() }
            try wait(for: Int16(POLLIN) | Int16(POLLOUT))
            if PQconsumeInput(connection) != 1 { throw lost() }
        }
    }

    /// - Parameter failure: why the copy is given up, or nil to complete it.
    /// - Returns: rows copied.
    func endCopy(failure: String?) throws(PostgresError) -> Int {
        while true {
            let sent = failure.map { PQputCopyEnd(connection, $0) } ?? PQputCopyEnd(connection, nil)
            if sent == 1 { break }
            if sent < 0 { throw lost() }
            try wait(for: Int16(POLLOUT))
        }
        try flush()
        guard let result = try nextResult() else { throw lost() }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            let error = try serverError(consuming: result)
            try endSimpleQuery()
            throw error
        }
        let owner = ResultOwner(result)
        try endSimpleQuery()
        return owner.affectedRows
    }

    private func startSimpleQuery(_ sql: String) throws(PostgresError) {
        try beginBlocking()
        guard PQexitPipelineMode(connection) == 1, PQsendQuery(connection, sql) == 1 else { throw lost() }
        try flush()
    }

    private func endSimpleQuery() throws(PostgresError) {
        while let extra = try nextResult() { PQclear(extra) }
        defer { endBlocking() }
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
    }
}
