/// One SQL statement with its bound values.
///
/// Interpolation binds: `"SELECT … WHERE id = \(id)"` becomes `… WHERE id = $1`, so that a value never becomes SQL.
/// Text that has to be SQL (a column to sort by, chosen by code) is named for what it is: `\(unsafeSQL: column)`.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    /// The statement with `$1`, `$2`, … where values go.
    public private(set) var sql: String
    /// The value of each placeholder in PostgreSQL's text format; nil is NULL.
    public private(set) var bindings: [String?]

    /// A statement made of text that no input has touched.
    public init(unsafeSQL sql: String, _ bindings: [any PostgresEncodable] = []) {
        self.sql = sql
        self.bindings = bindings.map(\.postgresText)
    }

    public init(stringLiteral sql: String) {
        self.sql = sql
        bindings = []
    }

    public init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        bindings = stringInterpolation.bindings
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        var sql = ""
        var bindings: [String?] = []

        public init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
            bindings.reserveCapacity(interpolationCount)
        }

        public mutating func appendLiteral(_ literal: String) { sql += literal }

        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bindings.append(value.postgresText)
            sql += "$\(bindings.count)"
        }

        /// Nil binds NULL. (An overload of its own, since the compiler warns of optionals in other interpolations.)
        public mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            bindings.append(value?.postgresText)
            sql += "$\(bindings.count)"
        }

        public mutating func appendInterpolation(unsafeSQL text: String) { sql += text }

        /// A part of a statement with its own bound values, whose placeholders are numbered on.
        public mutating func appendInterpolation(_ fragment: PostgresQuery) {
            let shift = bindings.count
            sql += fragment.sql.renumberingPlaceholders(by: shift)
            bindings += fragment.bindings
        }
    }
}

extension String {
    fileprivate func renumberingPlaceholders(by shift: Int) -> String {
        if shift == 0 { return self }
        var result = ""
        var rest = self[...]
        while let dollar = rest.firstIndex(of: "$") {
            let digits = rest[rest.index(after: dollar)...].prefix { $0.isASCII && $0.isNumber }
            result += rest[...dollar]
            result += Int(digits).map { String($0 + shift) } ?? ""
            rest = rest[digits.endIndex...]
        }
        return result + rest
    }
}
