/// The proxies that stand in front of the server, and who their clients are.
///
/// Anybody can send `X-Forwarded-For`. What a trusted proxy appended to it is true; what stands further left was sent by
/// whoever asked that proxy.
public struct TrustedProxies: Sendable, Equatable {
    private struct Network: Equatable {
        let address: IPAddress
        let bits: Int
    }

    /// Why a text is no list of networks.
    public struct ParsingError: Error {
        /// The part that is none.
        public let part: String
    }

    private var networks: [Network] = []

    /// None: who connects is the client.
    public init() {}

    /// - Parameter text: addresses and networks with commas between, such as `10.0.0.0/8,::1`.
    /// - Throws: ``ParsingError`` naming the part that is wrong.
    public init(parsing text: String) throws(ParsingError) {
        for part in text.split(separator: ",") {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            let name = pieces[0].filter { $0 != " " }
            guard let address = IPAddress(name) else { throw ParsingError(part: String(part)) }
            let offset = address.isIPv4 ? 96 : 0
            guard pieces.count > 1 else {
                networks.append(Network(address: address, bits: 128))
                continue
            }
            guard pieces.count == 2, let bits = Int(pieces[1].filter { $0 != " " }), (0...128 - offset).contains(bits)
            else { throw ParsingError(part: String(part)) }
            networks.append(Network(address: address, bits: offset + bits))
        }
    }

    /// The address that a request came from: the peer's, or what the nearest proxies say about it as long as they are
    /// trusted.
    ///
    /// - Parameter peer: who connected.
    func client(of peer: String, _ headers: Headers) -> String {
        guard !networks.isEmpty, isTrusted(peer) else { return peer }
        var client = peer
        for entry in headers.all("X-Forwarded-For").flatMap({ $0.split(separator: ",") }).reversed() {
            guard let address = Self.address(entry) else { break }
            client = address
            if !isTrusted(address) { break }
        }
        return client
    }

    private func isTrusted(_ address: String) -> Bool {
        guard let address = IPAddress(address) else { return false }
        return networks.contains { $0.address.matches(address, bits: $0.bits) }
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
    private static func address(_ entry: Substring) -> String? {
        let text = entry.filter { $0 != " " && $0 != "\t" }
        if IPAddress(text) != nil { return text }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let inner = String(text[text.index(after: text.startIndex)..<end])
            return IPAddress(inner) == nil ? nil : inner
        }
        let host = String(text.prefix { $0 != ":" })
        return IPAddress(host) == nil ? nil : host
    }
}
