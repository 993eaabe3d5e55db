/// Any JSON value.
indirect enum JSONTree: Codable {
    enum Step {
        case member(String)
        case element(Int)
    }

    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONTree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array)
        case .object(let object): try container.encode(object)
        }
    }

    /// Where the numbers are that an integer field might refuse.
    var unfitNumbers: [[Step]] {
        switch self {
        case .number: [[]]
        case .integer(let integer): Int32(exactly: integer) == nil ? [[]] : []
        case .array(let array):
            array.enumerated().flatMap { index, child in child.unfitNumbers.map { [.element(index)] + $0 } }
        case .object(let object):
            object.flatMap { name, child in child.unfitNumbers.map { [.member(name)] + $0 } }
        case .null, .bool, .string: []
        }
    }

    /// The tree with null at `path`.
    func replacing(_ path: ArraySlice<Step>) -> JSONTree {
        let rest = path.dropFirst()
        switch (self, path.first) {
        case (.array(var array), .element(let index)):
            array[index] = array[index].replacing(rest)
            return .array(array)
        case (.object(var object), .member(let name)):
            object[name] = object[name]?.replacing(rest)
            return .object(object)
        case (_, nil): return .null
        default: return self
        }
    }
}
