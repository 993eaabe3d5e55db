/// What an Argon2id hash costs (RFC 9106 section 3.1).
struct Argon2Parameters: Hashable, Sendable {
    var memoryKiB: UInt32
    var iterations: UInt32
    var parallelism: UInt32
}

extension Argon2Parameters {
    /// Reads them from a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`; nil for anything else.
    init?(phc: String) {
        let fields = phc.split(separator: "$", omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0].isEmpty, fields[1] == "argon2id", fields[2] == "v=19" else { return nil }
        let costs = fields[3].split(separator: ",")
        guard
            costs.count == 3,
            let memory = Self.cost(costs[0], "m="),
            let iterations = Self.cost(costs[1], "t="),
            let parallelism = Self.cost(costs[2], "p=")
        else { return nil }
        self.init(memoryKiB: memory, iterations: iterations, parallelism: parallelism)
    }

    private static func cost(_ field: Substring, _ prefix: String) -> UInt32? {
        field.hasPrefix(prefix) ? UInt32(field.dropFirst(prefix.count)) : nil
    }
}
