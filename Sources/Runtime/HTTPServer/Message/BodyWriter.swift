/// The sink of a streamed body, with back-pressure.
public protocol BodyWriter: Sendable {
    /// Returns when the server can take more: at most 64 KiB wait for a slow client.
    ///
    /// - Throws: ``ClientGone`` once nobody reads any more, or `CancellationError`.
    func write(_ bytes: [UInt8]) async throws
}

extension BodyWriter {
    /// Writes `text` as UTF-8.
    public func write(_ text: String) async throws {
        try await write(Array(text.utf8))
    }
}

/// The client closed the connection before it had the whole body.
public struct ClientGone: Error {}
