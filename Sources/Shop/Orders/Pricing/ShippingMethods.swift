import Catalog
package import Database
import Postgres
import Validation

/// The shipping methods of the shop, and their editing.
package struct ShippingMethods: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// In the order in which they were added.
    package func all(_ consistency: ReadConsistency) async throws -> [ShippingMethod] {
        try await database.read(consistency) { try await $0.query(Self.select("true")).map(Self.decode) }
    }

    /// - Throws: `ValidationError`, `TermsError.codeTaken`.
    package func create(_ method: ShippingMethod) async throws -> Committed<ShippingMethod> {
        let method = try method.validated()
        do {
            return try await write(method) { transaction in
                transaction.enqueue(
                    """
                    INSERT INTO shipping_methods (code, name, countries, minimum_days, maximum_days, is_urgent, is_active,
                        position)
                    SELECT \(method.code), \(method.name), \(method.countries)::text[], \(method.days.lowerBound)::integer,
                        \(method.days.upperBound)::integer, \(method.isUrgent)::boolean, \(method.isActive)::boolean,
                        coalesce(max(position) + 1, 0)
                    FROM shipping_methods
                    """
                )
            }
        } catch let error as PostgresError where error.isUniqueViolation("shipping_methods_pkey") {
            throw TermsError.codeTaken
        }
    }

    /// - Throws: `ValidationError`, `TermsError.notFound`.
    package func replace(_ method: ShippingMethod) async throws -> Committed<ShippingMethod> {
        guard ShippingMethod.isCode(method.code) else { throw TermsError.notFound }
        let method = try method.validated()
        return try await write(method) { transaction in
            let updated = try await transaction.query(
                """
                UPDATE shipping_methods SET name = \(method.name), countries = \(method.countries)::text[],
                    minimum_days = \(method.days.lowerBound), maximum_days = \(method.days.upperBound),
                    is_urgent = \(method.isUrgent), is_active = \(method.isActive)
                WHERE code = \(method.code) RETURNING code
                """
            )
            if updated.isEmpty { throw TermsError.notFound }
            transaction.enqueue("DELETE FROM shipping_prices WHERE method = \(method.code)")
        }
    }

    /// Orders keep the code. Without the standard method no order could be placed that names none.
    ///
    /// - Throws: `TermsError.notFound`, `.isNeeded`.
    package func delete(_ code: String) async throws -> Committed<Void> {
        if code == ShippingMethod.standardCode { throw TermsError.isNeeded }
        guard ShippingMethod.isCode(code) else { throw TermsError.notFound }
        return try await database.write { transaction in
            let deleted = try await transaction.query(
                "DELETE FROM shipping_methods WHERE code = \(code) RETURNING code"
            )
            if deleted.isEmpty { throw TermsError.notFound }
        }
    }

    /// The method as `body` writes it, then its prices.
    private func write(
        _ method: ShippingMethod,
        _ body: @Sendable (PostgresTransaction) async throws -> Void
    ) async throws -> Committed<ShippingMethod> {
        try await database.write { transaction in
            try await body(transaction)
            if !method.prices.isEmpty {
                transaction.enqueue(
                    """
                    INSERT INTO shipping_prices (method, currency, price_amount, free_from_amount)
                    SELECT \(method.code), price.* FROM unnest(
                        \(method.prices.map(\.currency))::text[], \(method.prices.map(\.amount))::bigint[],
                        \(method.prices.map(\.freeFromAmount))::bigint[]
                    ) AS price
                    """
                )
            }
            let rows = try await transaction.query(Self.select("m.code = \(method.code)"))
            guard let row = rows.first else { throw TermsError.notFound }
            return try Self.decode(row)
        }
    }

    private static func select(_ condition: PostgresQuery) -> PostgresQuery {
        """
        SELECT m.code, m.name, m.countries, m.minimum_days, m.maximum_days, m.is_urgent, m.is_active,
            price.currencies, price.amounts, price.free_from
        FROM shipping_methods m LEFT JOIN LATERAL (
            SELECT array_agg(currency ORDER BY currency) AS currencies,
                array_agg(price_amount ORDER BY currency) AS amounts,
                array_agg(free_from_amount ORDER BY currency) AS free_from
            FROM shipping_prices WHERE method = m.code
        ) AS price ON true
        WHERE \(condition) ORDER BY m.position, m.code
        """
    }

    private static func decode(_ row: PostgresRow) throws -> ShippingMethod {
        let currencies: [String] = try row.decode(7, as: [String]?.self) ?? []
        let amounts: [Int64] = try row.decode(8, as: [Int64]?.self) ?? []
        let freeFrom: [Int64?] = try row.decode(9, as: [Int64?]?.self) ?? []
        let days: (Int, Int) = (try row.decode(3), try row.decode(4))
        return ShippingMethod(
            code: try row.decode(0),
            name: try row.decode(1),
            prices: zip(currencies, zip(amounts, freeFrom)).map {
                .init(currency: $0, amount: $1.0, freeFromAmount: $1.1)
            },
            countries: try row.decode(2),
            days: days.0...max(days.0, days.1),
            isUrgent: try row.decode(5),
            isActive: try row.decode(6)
        )
    }
}

/// Why shipping methods, tax rates or discounts were not changed.
package enum TermsError: Error, Equatable {
    case notFound
    /// Another one has this code, or is for the same place and category.
    case codeTaken
    /// The shop cannot do without it.
    case isNeeded
    /// Orders have used it: it can be switched off.
    case inUse
    case unknownCategory
    case unknownProduct
    /// The limit is below what was used already.
    case limitBelowUses
}

extension ShippingMethod {
    fileprivate func validated() throws(ValidationError) -> ShippingMethod {
        var validator = Validator()
        validator.require(
            Self.isCode(code),
            "code",
            "must be 1 to 40 of a-z, 0-9, - and _, with a letter or digit at both ends"
        )
        let name = validator.line(name, "name", length: 1...100)
        for (index, price) in prices.enumerated() {
            let field = "prices[\(index)]"
            validator.require(
                Currency(rawValue: price.currency) != nil,
                "\(field).currency",
                "must be an ISO 4217 code such as EUR"
            )
            validator.require(
                (0...Self.maximumPrice).contains(price.amount),
                "\(field).price_amount",
                "must be from 0 to \(Self.maximumPrice)"
            )
            validator.require(price.freeFromAmount ?? 0 >= 0, "\(field).free_from_amount", "must not be negative")
        }
        validator.require(
            Set(prices.map(\.currency)).count == prices.count,
            "prices",
            "must have one entry for a currency at most"
        )
        validator.require(countries?.isEmpty != true, "countries", "must name a country, or be left out for all")
        validator.require(
            (countries ?? []).allSatisfy { $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x41...0x5A).contains($0) } },
            "countries",
            "must be ISO 3166-1 codes of two capital letters such as DE"
        )
        validator.require(days.lowerBound >= 0 && days.upperBound <= 365, "maximum_days", "must be from 0 to 365")
        try validator.finish()
        return ShippingMethod(
            code: code,
            name: name,
            prices: prices,
            countries: countries,
            days: days,
            isUrgent: isUrgent,
            isActive: isActive
        )
    }
}
