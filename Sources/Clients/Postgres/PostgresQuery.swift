/// One SQL statement with its bound values.
///
/// Interpolation binds: `"SELECT … WHERE id = \(id)"` becomes `… WHERE id = $1`, so that a value never becomes SQL.
/// Text that has to be SQL (a column to sort by, chosen by code) is named for what it is: `\(unsafeSQL: column)`.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    /// The statement with `$1`, `$2`, … where values go.
    public private(set) var sql: String
    /// The value of each placeholder in PostgreSQL's text format; nil is NULL.
    public private(set) var bindings: [String?] = []
    /// Why a value cannot be bound; thrown when the statement is to run.
    private var failure: PostgresError?

    /// A statement made of text that no input has touched.
    public init(unsafeSQL sql: String, _ bindings: [any PostgresEncodable] = []) {
        self.sql = sql
        for binding in bindings { bind(binding) }
    }

    public init(stringLiteral sql: String) { self.sql = sql }

    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.query }

    private mutating func bind(_ value: (any PostgresEncodable)?) {
        do throws(PostgresEncodingFailure) {
            let text = try value?.postgresText
            if text?.utf8.contains(0) == true { throw PostgresEncodingFailure("a text that holds a NUL character") }
            bindings.append(text)
        } catch {
            failure = PostgresError(.encoding, "value \(bindings.count + 1) of a statement: \(error.reason)")
            failure?.sql = sql
            bindings.append(nil)
        }
    }

    /// - Throws: `.encoding` if a value cannot be bound, or there are more than the protocol has room for.
    func validate() throws(PostgresError) {
        if let failure { throw failure }
        if bindings.count > Int(UInt16.max) {
            throw PostgresError(.encoding, "\(bindings.count) values in one statement, 65535 at most: bind arrays")
        }
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var query = PostgresQuery(stringLiteral: "")

        public init(literalCapacity: Int, interpolationCount: Int) {
            query.sql.reserveCapacity(literalCapacity + interpolationCount * 3)
            query.bindings.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) { query.sql += literal }

        /// Binds the value: it becomes a parameter, never text of the statement.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            query.bind(value)
            query.sql += "$\(query.bindings.count)"
        }

        /// Nil binds NULL. (An overload of its own, since the compiler warns of optionals in other interpolations.)
        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            query.bind(value)
            query.sql += "$\(query.bindings.count)"
        }

        /// Inserts text as it is: only for names that the program itself made.
        public mutating func appendInterpolation(unsafeSQL text: String) { query.sql += text }

        /// A part of a statement with its own bound values, whose placeholders are numbered on.
        public mutating func appendInterpolation(_ fragment: PostgresQuery) {
            query.sql += fragment.sql.renumberingPlaceholders(by: query.bindings.count)
            query.bindings += fragment.bindings
            query.failure = query.failure ?? fragment.failure
        }
    }
}

extension String {
    fileprivate func renumberingPlaceholders(by shift: Int) -> String {
        if shift == 0 { return self }
        // By bytes: this is done for each statement that has a part with values, and characters cost ten times as much.
        var result: [UInt8] = []
        result.reserveCapacity(utf8.count + 8)
        var rest = utf8[...]
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            let digits = rest[rest.index(after: dollar)...].prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            result += rest[...dollar]
            if let number = Int(Substring(digits)) { result += String(number + shift).utf8 }
            rest = rest[digits.endIndex...]
        }
        return String(decoding: result + rest, as: UTF8.self)
    }
}
