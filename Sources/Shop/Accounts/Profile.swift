package import Database
import Postgres

/// Reads the account that a request belongs to.
package struct Profile: Sendable {
    private let database: DatabaseReader

    package init(database: Database) { self.database = database.reader }

    /// - Returns: `nil` when the account is closed.
    package func callAsFunction(_ userID: Int64, _ consistency: ReadConsistency = .any) async throws -> User? {
        try await database.read(consistency) { session in
            try await session.query(AccountStore.user(id: userID)).first.map(AccountStore.user)
        }
    }
}
