/// The database for those who only read: a store that holds this cannot write, and says so by its type.
package struct DatabaseReader: Sendable {
    private let database: Database

    package init(_ database: Database) { self.database = database }

    /// Runs `body` on a replica that is new enough, or on the primary; see ``Database/read(_:_:)``.
    package func read<Value>(
        _ consistency: ReadConsistency = .any,
        _ body: (ReadSession) async throws -> Value
    ) async throws -> Value {
        try await database.read(consistency, body)
    }
}

extension Database {
    /// This database, to read only.
    package var reader: DatabaseReader { DatabaseReader(self) }
}
