/// A table of any length, printed part by part so that it never stands in memory as a whole: aligned, each part at least
/// as wide as those before it, or a JSON array with one object a line.
struct TableStream {
    /// Rows that are aligned with each other.
    private static let part = 200

    private let isJSON: Bool
    private var table: Table
    private var widths: [Int] = []
    private var isFirst = true

    init(_ columns: [String], isJSON: Bool) {
        table = Table(columns)
        self.isJSON = isJSON
    }

    mutating func append(_ cells: [Table.Cell]) throws {
        table.append(cells)
        if table.rows.count == Self.part { try flush() }
    }

    /// Prints what is left, and closes the array.
    mutating func finish() throws {
        if isFirst || !table.rows.isEmpty { try flush() }
        if isJSON { print("]") }
    }

    private mutating func flush() throws {
        if isJSON {
            let objects = try table.jsonLines().joined(separator: ",\n")
            print((isFirst ? "[" : ",") + objects)
        } else {
            print(table.aligned(widening: &widths, hasHeader: isFirst))
        }
        isFirst = false
        table.removeRows()
    }
}
