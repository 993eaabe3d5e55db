/// The numbers of a program's `/metrics`, in the Prometheus text format 0.0.4 as our own registry writes it.
package struct MetricsText {
    package struct Series: Equatable {
        package let name: Substring
        package let labels: [Substring: String]
        package let value: Double
    }

    package let series: [Series]

    /// Lines that are no samples, and comments, are passed over.
    package init(_ text: String) {
        series = text.split(separator: "\n").compactMap { $0.hasPrefix("#") ? nil : Self.series($0) }
    }

    /// The sum over all series of this name with these labels.
    package func sum(_ name: String, _ labels: [Substring: String] = [:]) -> Double {
        values(name, labels).reduce(0, +)
    }

    /// Of all series of this name with these labels.
    package func values(_ name: String, _ labels: [Substring: String] = [:]) -> [Double] {
        series.filter { series in
            series.name == name && labels.allSatisfy { series.labels[$0] == $1 }
        }.map(\.value)
    }

    private static func series(_ line: Substring) -> Series? {
        guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
            return nil
        }
        let head = line[..<space]
        guard let brace = head.firstIndex(of: "{") else { return Series(name: head, labels: [:], value: value) }
        var labels: [Substring: String] = [:]
        var rest = head[head.index(after: brace)...].dropLast()
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals]
            guard let (text, end) = quoted(rest[rest.index(after: equals)...]) else { return nil }
            labels[name] = text
            rest = rest[end...].drop { $0 == "," }
        }
        return Series(name: head[..<brace], labels: labels, value: value)
    }

    /// The text between quotes, with `\\`, `\"` and `\n` read, and where it ends.
    private static func quoted(_ text: Substring) -> (String, end: Substring.Index)? {
        guard text.first == "\"" else { return nil }
        var result = ""
        var index = text.index(after: text.startIndex)
        while index < text.endIndex {
            switch text[index] {
            case "\"": return (result, text.index(after: index))
            case "\\":
                index = text.index(after: index)
                guard index < text.endIndex else { return nil }
                result.append(text[index] == "n" ? "\n" : text[index])
            case let character: result.append(character)
            }
            index = text.index(after: index)
        }
        return nil
    }
}
