import Foundation

/// A value of a YAML document, which is one of JSON. Members keep their order.
indirect enum YAMLValue: Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([YAMLValue])
    case object([Member])

    struct Member: Equatable {
        let key: String
        let value: YAMLValue
    }

    /// A scalar that stands without quotes, by YAML 1.2's core schema.
    init(plain text: String) {
        switch text {
        case "", "~", "null": self = .null
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        default:
            let isNumber = text.utf8.allSatisfy { (48...57).contains($0) || "+-.eE".utf8.contains($0) }
            if isNumber, let int = Int64(text) {
                self = .int(int)
            } else if isNumber, let double = Double(text) {
                self = .double(double)
            } else {
                self = .string(text)
            }
        }
    }

    subscript(key: String) -> YAMLValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    var elements: [YAMLValue] { if case .array(let elements) = self { elements } else { [] } }
    var string: String? { if case .string(let string) = self { string } else { nil } }

    /// - Throws: `EncodingError` for a number that JSON does not have.
    func json() throws -> [UInt8] {
        var out: [UInt8] = []
        try append(to: &out)
        return out
    }

    private func append(to out: inout [UInt8]) throws {
        switch self {
        case .null: out += "null".utf8
        case .bool(let bool): out += (bool ? "true" : "false").utf8
        case .int(let int): out += String(int).utf8
        case .double(let double): out += try JSONEncoder().encode(double)
        case .string(let string): out += try Self.encoder.encode(string)
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                try element.append(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out += try Self.encoder.encode(member.key)
                out.append(UInt8(ascii: ":"))
                try member.value.append(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }()
}

/// What the reader does not understand, and where.
struct YAMLError: Error, Equatable, CustomStringConvertible {
    let line: Int
    let reason: String

    var description: String { "line \(line): \(reason)" }
}
