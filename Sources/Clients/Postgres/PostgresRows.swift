import CLibPQ

/// What one statement answered: its rows, and how many rows it touched.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultOwner

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rowCount }
    public subscript(index: Int) -> PostgresRow { PostgresRow(result: result, index: index) }

    /// Names of the columns, in order.
    public var columns: [String] { result.columns }
    /// Rows that INSERT, UPDATE, DELETE, SELECT or COPY touched.
    public var affectedRows: Int { result.affectedRows }
    /// The command that the server says it ran, such as `INSERT 0 1` or `ROLLBACK`.
    public var command: String { result.command }
}

/// One row; values are decoded when they are asked for.
public struct PostgresRow: Sendable {
    let result: ResultOwner
    let index: Int

    /// - Throws: `PostgresError` with code `.decoding`, naming the column.
    public func decode<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let position = result.columns.firstIndex(of: column) else {
            let names = result.columns.joined(separator: ", ")
            throw PostgresError(.decoding, "there is no column '\(column)' among \(names)")
        }
        return try decode(position, as: type)
    }

    /// - Throws: `PostgresError` with code `.decoding`, naming the column.
    public func decode<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard result.columns.indices.contains(column) else {
            throw PostgresError(.decoding, "there is no column \(column) among \(result.columns.count)")
        }
        guard let value = result.value(row: index, column: column) else {
            if let null = Value.null { return null }
            throw PostgresError(.decoding, "column '\(result.columns[column])' is NULL, \(Value.self) was asked for")
        }
        do throws(PostgresDecodingFailure) {
            return try Value.decode(value)
        } catch {
            let name = result.columns[column]
            switch error {
            case .wrongType:
                let type = PostgresValue.OID.name(value.type).map { "type \($0) (OID \(value.type))" }
                throw PostgresError(
                    .decoding,
                    "column '\(name)' has \(type ?? "type OID \(value.type)"), \(Value.self) was asked for"
                )
            case .malformed(let why):
                var error = PostgresError(.decoding, "column '\(name)' cannot be read as \(Value.self)")
                // May tell of the value, which belongs into no description.
                error.detail = why
                throw error
            }
        }
    }

    /// The first columns by position: `let (id, name) = try row.decode(Int64.self, String.self)`.
    public func decode<each Value: PostgresDecodable>(
        _ types: repeat (each Value).Type
    ) throws(PostgresError) -> (repeat each Value) {
        var column = 0
        func next<One: PostgresDecodable>(_ type: One.Type) throws(PostgresError) -> One {
            defer { column += 1 }
            return try decode(column, as: type)
        }
        return (repeat try next(each types))
    }
}

/// Owns one `PGresult`.
final class ResultOwner: @unchecked Sendable {
    // @unchecked: a PGresult is read-only once libpq has handed it out, and libpq documents that it may then be passed
    // between threads.
    private let result: OpaquePointer
    let columns: [String]
    private let types: [UInt32]
    let rowCount: Int

    init(_ result: OpaquePointer) {
        self.result = result
        let count = PQnfields(result)
        columns = (0..<count).map { String(cString: PQfname(result, $0)) }
        types = (0..<count).map { PQftype(result, $0) }
        rowCount = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }
    var command: String { String(cString: PQcmdStatus(result)) }

    func value(row: Int, column: Int) -> PostgresValue? {
        let (row, field) = (Int32(row), Int32(column))
        if PQgetisnull(result, row, field) != 0 { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, field),
            count: Int(PQgetlength(result, row, field))
        )
        return PostgresValue(type: types[column], bytes: bytes)
    }
}
