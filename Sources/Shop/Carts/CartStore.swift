package import Database
import Postgres

/// Carts in the database: one round trip for whatever is asked, however many lines there are.
///
/// Everything is read from the primary, since a replica's stock is old news. A change and the reading of what came of it
/// are one transaction behind a lock of the customer's cart, so that two clicks at once add up.
package struct CartStore: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    package func cart(of userID: Int64) async throws -> Cart {
        let rows = try await database.read(.primary) { try await $0.query(CartStatements.read(userID)) }
        return Cart(lines: try rows.map(CartStatements.decode))
    }

    /// Adds to what the cart has of the variant already.
    ///
    /// - Throws: `CartError`, but `.noSuchLine`.
    package func add(_ quantity: Int, of variantID: Int64, for userID: Int64) async throws -> Cart {
        try await put(.add(quantity), variantID, userID)
    }

    /// Sets a line's quantity, and takes note of today's price.
    ///
    /// - Throws: `CartError`.
    package func set(_ quantity: Int, of variantID: Int64, for userID: Int64) async throws -> Cart {
        try await put(.set(quantity), variantID, userID)
    }

    /// - Throws: `CartError.noSuchLine`.
    package func remove(_ variantID: Int64, for userID: Int64) async throws {
        let answers = try await database.write([CartStatements.remove(variantID, userID)])
        if answers[0].affectedRows == 0 { throw CartError.noSuchLine }
    }

    /// Takes everything out of the cart.
    package func empty(for userID: Int64) async throws {
        _ = try await database.write([CartStatements.empty(userID)])
    }

    private func put(_ change: CartChange, _ variantID: Int64, _ userID: Int64) async throws -> Cart {
        let answers = try await database.write([
            CartStatements.lock(userID),
            CartStatements.put(change, variantID, userID),
            CartStatements.read(userID),
        ])
        let lines = try answers[2].map(CartStatements.decode)
        guard let facts = try answers[1].first.map(CartFacts.init) else {
            let isLine = lines.contains { $0.variantID == variantID }
            if case .set = change, !isLine { throw CartError.noSuchLine }
            throw CartError.notForSale(variantID)
        }
        try facts.check(change)
        return Cart(lines: lines)
    }
}
