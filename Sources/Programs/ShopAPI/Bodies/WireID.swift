/// An id as clients see it: an opaque string. A number is understood too, since older clients send one.
struct WireID: Codable, Equatable, Sendable {
    let value: Int64

    init(_ value: Int64) { self.value = value }

    /// - Returns: `nil` unless the text is 1 to 18 digits.
    init?(_ text: some StringProtocol) {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int64(text)
        else { return nil }
        self.value = value
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int64.self) {
            value = number
        } else if let id = WireID(try container.decode(String.self)) {
            self = id
        } else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be an id")
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(value))
    }
}
