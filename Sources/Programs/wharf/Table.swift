import Foundation

/// Rows for an operator: aligned columns on a terminal, or a JSON array of objects for a program.
struct Table {
    enum Cell {
        case text(String)
        case number(Int)
        case missing

        /// In UTC, to the second.
        static func date(_ date: Date) -> Cell { .text(date.formatted(.iso8601)) }
    }

    let columns: [String]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [String]) { self.columns = columns }

    var isEmpty: Bool { rows.isEmpty }

    mutating func append(_ cells: [Cell]) { rows.append(cells) }

    mutating func removeRows() { rows = [] }

    /// Columns are two spaces apart; numbers stand right.
    func aligned() -> String {
        var widths: [Int] = []
        return aligned(widening: &widths, hasHeader: true)
    }

    /// The same for a part of a longer table.
    ///
    /// - Parameter widths: of the parts before, widened where a row here needs it; empty for the first part.
    func aligned(widening widths: inout [Int], hasHeader: Bool) -> String {
        let texts = rows.map { $0.map(\.shown) }
        widths = columns.indices.map { column in
            ([columns[column]] + texts.map { $0[column] }).map(\.count).reduce(widths.isEmpty ? 0 : widths[column], max)
        }
        let header = zip(columns, widths).map { padded($0.uppercased(), $1) }
        let lines = zip(rows, texts).map { cells, texts in
            zip(zip(cells, texts), widths).map { cell, width in
                if case .number = cell.0 { return padding(width - cell.1.count) + cell.1 }
                return padded(cell.1, width)
            }
        }
        return ((hasHeader ? [header] : []) + lines)
            .map { String($0.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()) }
            .joined(separator: "\n")
    }

    /// An array with one object a row; a column's name is its key.
    func json() throws -> String {
        let objects = rows.map { cells in
            Dictionary(uniqueKeysWithValues: zip(columns, cells).map { ($0, $1.json) })
        }
        let data = try JSONSerialization.data(
            withJSONObject: objects,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        )
        return String(decoding: data, as: UTF8.self)
    }

    /// Each row as an object on one line.
    func jsonLines() throws -> [String] {
        try rows.map { cells in
            let object = Dictionary(uniqueKeysWithValues: zip(columns, cells).map { ($0, $1.json) })
            let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self)
        }
    }

    private func padding(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}

extension Table.Cell {
    fileprivate var shown: String {
        switch self {
        case .text(let text): printable(text)
        case .number(let number): String(number)
        case .missing: "-"
        }
    }

    fileprivate var json: Any {
        switch self {
        case .text(let text): text
        case .number(let number): number
        case .missing: NSNull()
        }
    }
}

/// Prints a table the way the operator asked for it.
func show(_ table: Table, _ invocation: Invocation) throws {
    print(invocation.has("json") ? try table.json() : table.aligned())
}
