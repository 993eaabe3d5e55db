package import Postgres

/// Which part of a list is wanted.
package struct PageRequest: Hashable, Sendable {
    package static let maximumSize = 100
    /// A page number that no client reaches by reading; an OFFSET beyond it would only cost the database time.
    package static let maximumNumber = 100_000

    package let number: Int
    package let size: Int

    package init(number: Int = 1, size: Int = 20) throws(ValidationError) {
        var validator = Validator()
        validator.require((1...Self.maximumNumber).contains(number), "page", "must be from 1 to \(Self.maximumNumber)")
        validator.require((1...Self.maximumSize).contains(size), "page_size", "must be from 1 to \(Self.maximumSize)")
        try validator.finish()
        self.number = number
        self.size = size
    }

    package var offset: Int { (number - 1) * size }
}

/// One part of a list, and how long the whole list is.
package struct Page<Element: Sendable>: Sendable {
    package let count: Int
    package let request: PageRequest
    package let results: [Element]

    package init(count: Int, request: PageRequest, results: [Element]) {
        self.count = count
        self.request = request
        self.results = results
    }

    /// From the answers to the two statements that a list takes.
    ///
    /// - Parameter count: one row with the length of the whole list.
    package init(
        _ rows: PostgresRows,
        of count: PostgresRows,
        _ request: PageRequest,
        _ decode: (PostgresRow) throws -> Element
    ) throws {
        self.init(count: try count.first?.decode(0, as: Int.self) ?? 0, request: request, results: try rows.map(decode))
    }
}
