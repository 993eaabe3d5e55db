package import Foundation

/// Collects what is wrong with a request's fields; `finish()` throws when anything was.
package struct Validator {
    package private(set) var problems: [ValidationError.Field] = []

    package init() {}

    package mutating func require(_ condition: Bool, _ field: String, _ message: @autoclosure () -> String) {
        if !condition { problems.append(.init(field: field, message: message())) }
    }

    /// A line of text without control characters.
    ///
    /// - Parameter length: in Unicode scalars, as JSON Schema and PostgreSQL count them, before anything is trimmed; from 1
    ///   on, white space alone is not enough.
    /// - Returns: the line without white space at its ends.
    package mutating func line(_ value: String, _ field: String, length: ClosedRange<Int>) -> String {
        characters(value, field, length: length) { $0.isControl }
    }

    /// Text that may have several lines; only characters that PostgreSQL or a mail cannot carry are refused.
    ///
    /// - Parameter length: as for `line`.
    /// - Returns: the text without white space at its ends.
    package mutating func text(_ value: String, _ field: String, length: ClosedRange<Int>) -> String {
        characters(value, field, length: length) { $0.isControl && $0 != "\n" && $0 != "\r" && $0 != "\t" }
    }

    private mutating func characters(
        _ value: String,
        _ field: String,
        length: ClosedRange<Int>,
        without isRefused: (Unicode.Scalar) -> Bool
    ) -> String {
        let scalars = value.unicodeScalars
        let trimmed = value.trimmed
        if length.lowerBound > 0, trimmed.isEmpty {
            require(false, field, "must not be empty")
        } else {
            require(scalars.count >= length.lowerBound, field, "must have at least \(length.lowerBound) characters")
            require(scalars.count <= length.upperBound, field, "must have at most \(length.upperBound) characters")
        }
        require(!scalars.contains(where: isRefused), field, "must not contain control characters")
        return trimmed
    }

    /// A time that every zone can write and PostgreSQL can keep: of the years 1970 to 9998, in whatever zone it was written.
    package mutating func time(_ value: Date?, _ field: String) {
        let day: TimeInterval = 86_400
        let years = Date(timeIntervalSince1970: -day)..<Date(timeIntervalSince1970: 253_370_764_800 + day)
        require(value.map(years.contains) ?? true, field, "must be from 1970 to 9998")
    }

    package func finish() throws(ValidationError) {
        if !problems.isEmpty { throw ValidationError(problems) }
    }
}

extension String {
    /// Without white space (Unicode's `White_Space`) at its ends.
    fileprivate var trimmed: String {
        let scalars = unicodeScalars.drop { $0.properties.isWhitespace }
        let length = scalars.reversed().drop { $0.properties.isWhitespace }.count
        return String(scalars.prefix(length))
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, and the two separators that end a line in JavaScript.
    fileprivate var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
