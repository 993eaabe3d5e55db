import Threading

/// Asks a broker what it has, changing nothing.
public enum AMQPProbe {
    /// Connects and declares passively.
    /// - Returns: the names of the queues and exchanges that do not exist.
    public static func missing(
        _ configuration: AMQPConfiguration,
        queues: [String] = [],
        exchanges: [String] = []
    ) async throws(AMQPError) -> [String] {
        let session = try await AMQPSession(configuration)
        defer { Task { await session.close() } }
        var missing: [String] = []
        for name in exchanges where try await !session.exists(exchange: name) { missing.append(name) }
        for name in queues where try await !session.exists(queue: name) { missing.append(name) }
        return missing
    }
}
