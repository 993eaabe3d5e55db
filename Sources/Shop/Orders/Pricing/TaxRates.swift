import Catalog
package import Database
import Postgres
package import Validation

/// A tax rate as an admin keeps it.
package struct TaxRateRule: Equatable, Sendable {
    package let id: Int64
    package let name: String
    /// ISO 3166-1 alpha-2.
    package let country: String
    package let region: String?
    /// The beginning of the postal codes that it is for; spaces do not count.
    package let postalPrefix: String?
    /// The slug of the category that it is for, with all below it.
    package let category: String?
    package let rateBasisPoints: Int
    package let isIncluded: Bool
    package let taxesShipping: Bool

    /// - Parameter id: 0 for a new one.
    package init(
        id: Int64 = 0,
        name: String,
        country: String,
        region: String? = nil,
        postalPrefix: String? = nil,
        category: String? = nil,
        rateBasisPoints: Int,
        isIncluded: Bool,
        taxesShipping: Bool = false
    ) {
        self.id = id
        self.name = name
        self.country = country
        self.region = region
        self.postalPrefix = postalPrefix
        self.category = category
        self.rateBasisPoints = rateBasisPoints
        self.isIncluded = isIncluded
        self.taxesShipping = taxesShipping
    }

    fileprivate func validated() throws(ValidationError) -> TaxRateRule {
        var validator = Validator()
        func optional(_ value: String?, _ field: String, length: ClosedRange<Int>) -> String? {
            value.map { validator.line($0, field, length: length) }
        }
        let isCountry = country.utf8.count == 2 && country.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        validator.require(isCountry, "country", "must be an ISO 3166-1 code of two capital letters such as DE")
        validator.require(category.map(Slug.isValid) ?? true, "category", "must be a slug")
        validator.require((0...10_000).contains(rateBasisPoints), "rate_basis_points", "must be from 0 to 10000")
        validator.require(
            !taxesShipping || category == nil,
            "taxes_shipping",
            "must be false for a category's rate: shipping is of no category"
        )
        let rule = TaxRateRule(
            id: id,
            name: validator.line(name, "name", length: 1...100),
            country: country,
            region: optional(region, "region", length: 1...200),
            postalPrefix: optional(postalPrefix, "postal_prefix", length: 1...20),
            category: category,
            rateBasisPoints: rateBasisPoints,
            isIncluded: isIncluded,
            taxesShipping: taxesShipping
        )
        try validator.finish()
        return rule
    }
}

/// The tax rates of the shop, and their editing.
package struct TaxRates: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// By country, then by id.
    package func list(_ request: PageRequest, _ consistency: ReadConsistency) async throws -> Page<TaxRateRule> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "\(Self.select) ORDER BY t.country, t.id LIMIT \(request.size) OFFSET \(request.offset)",
                "SELECT count(*) FROM tax_rates",
            ])
        }
        return try Page(answers[0], of: answers[1], request, Self.decode)
    }

    /// - Throws: `TermsError.notFound`.
    package func rate(_ id: Int64, _ consistency: ReadConsistency) async throws -> TaxRateRule {
        let rows = try await database.read(consistency) { try await $0.query("\(Self.select) WHERE t.id = \(id)") }
        guard let row = rows.first else { throw TermsError.notFound }
        return try Self.decode(row)
    }

    /// - Throws: `ValidationError`, `TermsError.codeTaken`, `.unknownCategory`.
    package func create(_ rule: TaxRateRule) async throws -> Committed<TaxRateRule> {
        let rule = try rule.validated()
        return try await write(rule) {
            """
            INSERT INTO tax_rates (name, country, region, postal_prefix, category_id, rate_basis_points, is_included,
                taxes_shipping)
            SELECT \(rule.name), \(rule.country), \(rule.region)::text, \(rule.postalPrefix)::text, \($0),
                \(rule.rateBasisPoints)::integer, \(rule.isIncluded)::boolean, \(rule.taxesShipping)::boolean
            RETURNING id
            """
        }
    }

    /// - Throws: `ValidationError`, `TermsError.notFound`, `.codeTaken`, `.unknownCategory`.
    package func replace(_ rule: TaxRateRule) async throws -> Committed<TaxRateRule> {
        let rule = try rule.validated()
        return try await write(rule) {
            """
            UPDATE tax_rates SET name = \(rule.name), country = \(rule.country), region = \(rule.region),
                postal_prefix = \(rule.postalPrefix), category_id = \($0),
                rate_basis_points = \(rule.rateBasisPoints), is_included = \(rule.isIncluded),
                taxes_shipping = \(rule.taxesShipping)
            WHERE id = \(rule.id) RETURNING id
            """
        }
    }

    /// - Throws: `TermsError.notFound`.
    package func delete(_ id: Int64) async throws -> Committed<Void> {
        try await database.write { transaction in
            let deleted = try await transaction.query("DELETE FROM tax_rates WHERE id = \(id) RETURNING id")
            if deleted.isEmpty { throw TermsError.notFound }
        }
    }

    /// - Parameter statement: given the category's id as an expression; returns the id of what it wrote.
    private func write(
        _ rule: TaxRateRule,
        _ statement: @Sendable (PostgresQuery) -> PostgresQuery
    ) async throws -> Committed<TaxRateRule> {
        do {
            return try await database.write { transaction in
                let answers = try await transaction.pipeline([
                    "SELECT FROM categories WHERE slug = \(rule.category)",
                    statement("(SELECT id FROM categories WHERE slug = \(rule.category))"),
                ])
                if rule.category != nil, answers[0].isEmpty { throw TermsError.unknownCategory }
                guard let id = try answers[1].first?.decode(0, as: Int64.self),
                    let row = try await transaction.query("\(Self.select) WHERE t.id = \(id)").first
                else { throw TermsError.notFound }
                return try Self.decode(row)
            }
        } catch let error as PostgresError where error.isUniqueViolation("tax_rates_one") {
            throw TermsError.codeTaken
        }
    }

    private static let select: PostgresQuery = """
        SELECT t.id, t.name, t.country, t.region, t.postal_prefix, c.slug, t.rate_basis_points, t.is_included,
            t.taxes_shipping
        FROM tax_rates t LEFT JOIN categories c ON c.id = t.category_id
        """

    private static func decode(_ row: PostgresRow) throws -> TaxRateRule {
        TaxRateRule(
            id: try row.decode(0),
            name: try row.decode(1),
            country: try row.decode(2),
            region: try row.decode(3),
            postalPrefix: try row.decode(4),
            category: try row.decode(5),
            rateBasisPoints: try row.decode(6),
            isIncluded: try row.decode(7),
            taxesShipping: try row.decode(8)
        )
    }
}
