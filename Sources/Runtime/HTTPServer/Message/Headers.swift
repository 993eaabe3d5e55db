/// Header fields in the order they came; names compare without regard to case (RFC 9110 §5.1).
///
/// All fields share one byte buffer, so that receiving a request costs two allocations whatever it carries, and only the
/// fields that somebody asks for become strings.
public struct Headers: Sendable, Sequence, ExpressibleByDictionaryLiteral {
    /// Offsets into `bytes`. A NUL follows the name and the value, so that C can read both in place.
    private struct Field {
        let name: Int32
        let nameEnd: Int32
        let value: Int32
        let valueEnd: Int32
    }

    private var bytes: [UInt8] = []
    private var fields: [Field] = []

    /// No headers.
    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The first value of a field. Assigning replaces every value of that field; assigning nil removes them.
    public subscript(name: String) -> String? {
        get { fields.first { isNamed($0, name) }.map(value) }
        set {
            let kept = fields.filter { !isNamed($0, name) }
            if kept.count != fields.count { fields = kept }
            if let newValue { append(name, newValue) }
        }
    }

    /// Every value of a field, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { isNamed($0, name) }.map(value)
    }

    /// Adds a value and keeps the ones already there, as `Set-Cookie` needs it.
    public mutating func append(_ name: String, _ value: String) {
        append(name: name.utf8, value: value.utf8)
    }

    mutating func append(name: some Sequence<UInt8>, value: some Sequence<UInt8>) {
        let nameStart = bytes.count
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(0)
        bytes.append(contentsOf: value)
        fields.append(
            Field(
                name: Int32(nameStart),
                nameEnd: Int32(nameEnd),
                value: Int32(nameEnd + 1),
                valueEnd: Int32(bytes.count)
            )
        )
        bytes.append(0)
    }

    public func makeIterator() -> AnyIterator<(name: String, value: String)> {
        var rest = fields.makeIterator()
        return AnyIterator { [self] in
            rest.next().map { (String(decoding: nameBytes($0), as: UTF8.self), value($0)) }
        }
    }

    /// Calls `body` with each name and value as C strings, which are valid during the call.
    func forEachCString(_ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void) {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            for field in fields { body(base + Int(field.name), base + Int(field.value)) }
        }
    }

    /// Whether every field can be sent: the name is a token, the value has no control byte but the tab. A line break in a value
    /// would end the field and begin another one of the attacker's choice.
    var areWellFormed: Bool {
        fields.allSatisfy { field in
            field.name < field.nameEnd
                && nameBytes(field).allSatisfy(\.isTokenByte)
                && valueBytes(field).allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
        }
    }

    private func nameBytes(_ field: Field) -> ArraySlice<UInt8> { bytes[Int(field.name)..<Int(field.nameEnd)] }
    private func valueBytes(_ field: Field) -> ArraySlice<UInt8> { bytes[Int(field.value)..<Int(field.valueEnd)] }
    private func value(_ field: Field) -> String { String(decoding: valueBytes(field), as: UTF8.self) }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        Int(field.nameEnd - field.name) == name.utf8.count
            && zip(nameBytes(field), name.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// A `tchar` of RFC 9110 §5.6.2.
    fileprivate var isTokenByte: Bool {
        isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(self)
    }
}
