package import Database
import Postgres
package import Validation

/// The discount codes of the shop, and their editing.
package struct Discounts: Sendable {
    private let database: Database

    package init(database: Database) { self.database = database }

    /// The newest first.
    package func list(_ request: PageRequest, _ consistency: ReadConsistency) async throws -> Page<DiscountRule> {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline([
                "\(Self.select) ORDER BY d.id DESC LIMIT \(request.size) OFFSET \(request.offset)",
                "SELECT count(*) FROM discounts",
            ])
        }
        return try Page(answers[0], of: answers[1], request, Self.decode)
    }

    /// - Throws: `TermsError.notFound`.
    package func discount(_ id: Int64, _ consistency: ReadConsistency) async throws -> DiscountRule {
        let rows = try await database.read(consistency) { try await $0.query("\(Self.select) WHERE d.id = \(id)") }
        guard let row = rows.first else { throw TermsError.notFound }
        return try Self.decode(row)
    }

    /// - Throws: `ValidationError`, `TermsError.codeTaken`, `.unknownCategory`, `.unknownProduct`.
    package func create(_ rule: DiscountRule) async throws -> Committed<DiscountRule> {
        let rule = try rule.validated()
        return try await write(
            rule,
            """
            INSERT INTO discounts (code, description, kind, basis_points, amount, currency, minimum_amount, starts_at,
                ends_at, usage_limit, customer_limit, is_active)
            VALUES (\(rule.code), \(rule.description), \(rule.kind.rawValue), \(rule.basisPoints), \(rule.amount),
                \(rule.currency), \(rule.minimumAmount), \(rule.startsAt), \(rule.endsAt), \(rule.usageLimit),
                \(rule.customerLimit), \(rule.isActive))
            RETURNING id
            """
        )
    }

    /// What it was used for stays counted.
    ///
    /// - Throws: beside the errors of `create`: `TermsError.notFound`, `.limitBelowUses`.
    package func replace(_ rule: DiscountRule) async throws -> Committed<DiscountRule> {
        let rule = try rule.validated()
        return try await write(
            rule,
            """
            UPDATE discounts SET code = \(rule.code), description = \(rule.description), kind = \(rule.kind.rawValue),
                basis_points = \(rule.basisPoints), amount = \(rule.amount), currency = \(rule.currency),
                minimum_amount = \(rule.minimumAmount), starts_at = \(rule.startsAt), ends_at = \(rule.endsAt),
                usage_limit = \(rule.usageLimit), customer_limit = \(rule.customerLimit), is_active = \(rule.isActive)
            WHERE id = \(rule.id) RETURNING id
            """
        )
    }

    /// - Throws: `TermsError.notFound`, `.inUse` for one that orders have used.
    package func delete(_ id: Int64) async throws -> Committed<Void> {
        do {
            return try await database.write { transaction in
                let deleted = try await transaction.query("DELETE FROM discounts WHERE id = \(id) RETURNING id")
                if deleted.isEmpty { throw TermsError.notFound }
            }
        } catch let error as PostgresError where error.constraint == "discount_redemptions_discount" {
            throw TermsError.inUse
        }
    }

    private func write(_ rule: DiscountRule, _ statement: PostgresQuery) async throws -> Committed<DiscountRule> {
        let (products, categories) = (Set(rule.products).sorted(), Set(rule.categories).sorted())
        do {
            return try await database.write { transaction in
                guard let id = try await transaction.query(statement).first?.decode(0, as: Int64.self) else {
                    throw TermsError.notFound
                }
                let answers = try await transaction.pipeline([
                    "DELETE FROM discount_targets WHERE discount_id = \(id)",
                    """
                    INSERT INTO discount_targets (discount_id, product_id)
                    SELECT \(id)::bigint, id FROM products WHERE id = ANY(\(products)::bigint[])
                    """,
                    """
                    INSERT INTO discount_targets (discount_id, category_id)
                    SELECT \(id)::bigint, id FROM categories WHERE slug = ANY(\(categories)::text[])
                    """,
                    "\(Self.select) WHERE d.id = \(id)",
                ])
                if answers[1].affectedRows != products.count { throw TermsError.unknownProduct }
                if answers[2].affectedRows != categories.count { throw TermsError.unknownCategory }
                guard let row = answers[3].first else { throw TermsError.notFound }
                return try Self.decode(row)
            }
        } catch let error as PostgresError where error.isUniqueViolation("discounts_code_key") {
            throw TermsError.codeTaken
        } catch let error as PostgresError where error.constraint == "discounts_usage_limit" {
            throw TermsError.limitBelowUses
        }
    }

    private static let select: PostgresQuery = """
        SELECT d.id, d.code, d.description, d.kind, d.basis_points, d.amount, d.currency, d.minimum_amount, d.starts_at,
            d.ends_at, d.usage_limit, d.customer_limit, d.is_active, d.used_count,
            ARRAY(SELECT product_id FROM discount_targets
                WHERE discount_id = d.id AND product_id IS NOT NULL ORDER BY 1),
            ARRAY(SELECT c.slug FROM discount_targets t JOIN categories c ON c.id = t.category_id
                WHERE t.discount_id = d.id ORDER BY 1)
        FROM discounts d
        """

    private static func decode(_ row: PostgresRow) throws -> DiscountRule {
        var rule = DiscountRule(
            code: try row.decode(1),
            kind: DiscountRule.Kind(rawValue: try row.decode(3)) ?? .percentage
        )
        rule.id = try row.decode(0)
        rule.description = try row.decode(2)
        rule.basisPoints = try row.decode(4)
        rule.amount = try row.decode(5)
        rule.currency = try row.decode(6)
        rule.minimumAmount = try row.decode(7)
        rule.startsAt = try row.decode(8)
        rule.endsAt = try row.decode(9)
        rule.usageLimit = try row.decode(10)
        rule.customerLimit = try row.decode(11)
        rule.isActive = try row.decode(12)
        rule.usedCount = try row.decode(13)
        rule.products = try row.decode(14)
        rule.categories = try row.decode(15)
        return rule
    }
}
