import Foundation

/// Collects what is wrong with a request's fields; `finish()` throws when anything was.
package struct Validator {
    package private(set) var problems: [ValidationError.Field] = []

    package init() {}

    package mutating func require(_ condition: Bool, _ field: String, _ message: @autoclosure () -> String) {
        if !condition { problems.append(.init(field: field, message: message())) }
    }

    /// A line of text without control characters, trimmed; lengths count characters.
    package mutating func line(_ value: String, _ field: String, length: ClosedRange<Int>) -> String {
        let trimmed = value.trimmingCharacters(in: .whitespacesAndNewlines)
        if length.lowerBound > 0, trimmed.isEmpty {
            require(false, field, "must not be empty")
        } else {
            require(trimmed.count >= length.lowerBound, field, "must have at least \(length.lowerBound) characters")
            require(trimmed.count <= length.upperBound, field, "must have at most \(length.upperBound) characters")
        }
        require(!trimmed.unicodeScalars.contains(where: \.isControl), field, "must not contain control characters")
        return trimmed
    }

    /// Text that may have several lines; only characters that PostgreSQL or a mail cannot carry are refused.
    package mutating func text(_ value: String, _ field: String, length: ClosedRange<Int>) -> String {
        let trimmed = value.trimmingCharacters(in: .whitespacesAndNewlines)
        require(trimmed.count >= length.lowerBound, field, "must have at least \(length.lowerBound) characters")
        require(trimmed.count <= length.upperBound, field, "must have at most \(length.upperBound) characters")
        let isClean = !trimmed.unicodeScalars.contains { $0.isControl && $0 != "\n" && $0 != "\r" && $0 != "\t" }
        require(isClean, field, "must not contain control characters")
        return trimmed
    }

    package func finish() throws(ValidationError) {
        if !problems.isEmpty { throw ValidationError(problems) }
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1, and the two separators that end a line in JavaScript.
    fileprivate var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
