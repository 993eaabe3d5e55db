package import Database
import Postgres
import Validation

/// The addresses of an account, exactly one of which is the default while there is any.
///
/// Changes of one account's addresses wait for each other at its row of `users`: the database refuses a second default and,
/// at COMMIT, none.
package struct AddressBook: Sendable {
    /// Addresses that one account may keep.
    package static let limit = 20

    private let database: Database

    package init(database: Database) { self.database = database }

    /// The default one first, then the newest.
    package func all(of userID: Int64, _ consistency: ReadConsistency) async throws -> [SavedAddress] {
        try await database.read(consistency) { session in
            try await session.query(
                """
                SELECT \(Self.columns) FROM addresses WHERE user_id = \(userID) ORDER BY is_default DESC, id DESC
                """
            ).map(Self.decode)
        }
    }

    /// - Throws: `AccountError.addressNotFound`, also for somebody else's.
    package func address(_ id: Int64, of userID: Int64, _ consistency: ReadConsistency) async throws -> SavedAddress {
        let found = try await database.read(consistency) { session in
            try await session.query(
                "SELECT \(Self.columns) FROM addresses WHERE id = \(id) AND user_id = \(userID)"
            ).first.map(Self.decode)
        }
        guard let found else { throw AccountError.addressNotFound }
        return found
    }

    /// The first address is the default, asked for or not.
    ///
    /// - Throws: `ValidationError`, `AccountError.tooManyAddresses`, `.tokenOutdated` for a closed account.
    package func add(
        _ address: Address,
        asDefault: Bool,
        to userID: Int64
    ) async throws -> Committed<SavedAddress> {
        let address = try Self.validated(address)
        return try await database.write { transaction in
            let answers = try await transaction.pipeline([
                AccountStore.lock(id: userID), "SELECT count(*) FROM addresses WHERE user_id = \(userID)",
            ])
            if answers[0].isEmpty { throw AccountError.tokenOutdated }
            let count = try answers[1][0].decode(0, as: Int.self)
            if count >= Self.limit { throw AccountError.tooManyAddresses(limit: Self.limit) }
            if asDefault { transaction.enqueue(Self.dismissDefault(of: userID)) }
            let rows = try await transaction.query(
                """
                INSERT INTO addresses
                    (user_id, name, line1, line2, city, region, postal_code, country, phone, is_default)
                VALUES (\(userID), \(address.name), \(address.line1), \(address.line2), \(address.city),
                    \(address.region), \(address.postalCode), \(address.country), \(address.phone),
                    \(asDefault || count == 0))
                RETURNING \(Self.columns)
                """
            )
            return try Self.decode(rows[0])
        }
    }

    /// Writes the address anew. Without `asDefault` the default stays where it is.
    ///
    /// - Throws: `ValidationError`, `AccountError.addressNotFound`.
    package func replace(
        _ id: Int64,
        with address: Address,
        asDefault: Bool,
        of userID: Int64
    ) async throws -> Committed<SavedAddress> {
        let address = try Self.validated(address)
        return try await database.write { transaction in
            transaction.enqueue(AccountStore.lock(id: userID))
            if asDefault { transaction.enqueue(Self.dismissDefault(of: userID)) }
            let row = try await transaction.query(
                """
                UPDATE addresses SET name = \(address.name), line1 = \(address.line1), line2 = \(address.line2),
                    city = \(address.city), region = \(address.region), postal_code = \(address.postalCode),
                    country = \(address.country), phone = \(address.phone), is_default = is_default OR \(asDefault),
                    updated_at = now()
                WHERE id = \(id) AND user_id = \(userID) RETURNING \(Self.columns)
                """
            ).first
            // Rolled back with it: the default keeps its place.
            guard let row else { throw AccountError.addressNotFound }
            return try Self.decode(row)
        }
    }

    /// Where the default goes, the newest of the others takes its place.
    ///
    /// - Throws: `AccountError.addressNotFound`.
    package func remove(_ id: Int64, of userID: Int64) async throws -> Committed<Void> {
        try await database.write { transaction in
            transaction.enqueue(AccountStore.lock(id: userID))
            let removed = try await transaction.query(
                "DELETE FROM addresses WHERE id = \(id) AND user_id = \(userID) RETURNING is_default"
            ).first
            guard let removed else { throw AccountError.addressNotFound }
            if try removed.decode(0, as: Bool.self) {
                transaction.enqueue(
                    """
                    UPDATE addresses SET is_default = true
                    WHERE id = (SELECT max(id) FROM addresses WHERE user_id = \(userID))
                    """
                )
            }
        }
    }

    private static let columns: PostgresQuery =
        "id, name, line1, line2, city, region, postal_code, country, phone, is_default"

    private static func dismissDefault(of userID: Int64) -> PostgresQuery {
        "UPDATE addresses SET is_default = false WHERE user_id = \(userID) AND is_default"
    }

    private static func validated(_ address: Address) throws(ValidationError) -> Address {
        var validator = Validator()
        let address = address.validated(&validator, nil)
        try validator.finish()
        return address
    }

    private static func decode(_ row: PostgresRow) throws -> SavedAddress {
        SavedAddress(
            id: try row.decode(0),
            address: Address(
                name: try row.decode(1),
                line1: try row.decode(2),
                line2: try row.decode(3),
                city: try row.decode(4),
                region: try row.decode(5),
                postalCode: try row.decode(6),
                country: try row.decode(7),
                phone: try row.decode(8)
            ),
            isDefault: try row.decode(9)
        )
    }
}
