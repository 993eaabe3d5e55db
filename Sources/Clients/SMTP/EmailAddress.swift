/// A mailbox, with the name that mail programs show for it.
package struct EmailAddress: Hashable, Sendable {
    /// `local@domain`, nothing around it.
    package var address: String
    package var name: String?

    package init(_ address: String, name: String? = nil) {
        self.address = address
        self.name = name
    }

    /// Whether the address can stand in an envelope and a header as it is. Quoted local parts are refused, which nobody
    /// has; a local part may be UTF-8 (RFC 6531), a domain must be ASCII (punycode).
    package var isValid: Bool {
        guard let at = address.lastIndex(of: "@"), address.utf8.count <= 254 else { return false }
        let local = address[..<at].utf8
        let domain = address[address.index(after: at)...].utf8
        return (1...64).contains(local.count) && !domain.isEmpty
            && local.allSatisfy { $0 > 0x20 && $0 != 0x7f && !#"()<>[]:;@\,""#.utf8.contains($0) }
            && domain.allSatisfy(Self.isDomainByte)
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}
