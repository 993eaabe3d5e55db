import Crypto
package import Database
package import Idempotency
import Messages
package import Outbox
import Postgres

/// Changes a stock level by hand: what was delivered, counted, broken or lost.
///
/// One transaction: the level, its line in the ledger, and where the product came into or went out of stock, that and the
/// job by which the search index learns of it. Rows are locked product first, then the variant.
package struct AdjustStock: Sendable {
    package struct Adjusted: Equatable, Sendable {
        package let movement: StockMovement
        /// The level after it.
        package let stockQuantity: Int
    }

    private let database: Database
    private let outbox: OutboxPublisher

    package init(database: Database, outbox: OutboxPublisher) {
        self.database = database
        self.outbox = outbox
    }

    /// What the client is told, and told again for the same key.
    package struct Answer: Equatable, Sendable {
        package let body: [UInt8]
        /// An earlier request with this key made the change.
        package let isReplay: Bool
    }

    /// - Parameters:
    ///   - key: `nil` for a client that sent none: asking again then changes the level again.
    ///   - render: the body of the answer. It is kept under the key, in the same transaction.
    /// - Throws: `CatalogError.variantNotFound`, `.notYours`, `.stockTooLow`, `.stockTooHigh`, `.keyReused`.
    package func callAsFunction(
        _ adjustment: StockAdjustment,
        ofVariant id: Int64,
        by editor: CatalogEditor,
        key: IdempotencyKey? = nil,
        render: @Sendable (Adjusted) throws -> [UInt8]
    ) async throws -> Committed<Answer> {
        let record = key.map { IdempotencyRecord(userID: editor.userID, route: Self.route, key: $0) }
        let requestHash = adjustment.fingerprint(ofVariant: id)
        let committed = try await database.write { transaction in
            if let record, let stored = try await find(record, transaction) {
                guard stored.requestHash == requestHash else { throw CatalogError.keyReused }
                return (answer: Answer(body: stored.body, isReplay: true), jobs: [OutboxEntry]())
            }
            let (adjusted, jobs) = try await adjust(adjustment, id, editor, transaction)
            let body = try render(adjusted)
            if let record { transaction.enqueue(record.insert(requestHash: requestHash, status: 201, body: body)) }
            return (answer: Answer(body: body, isReplay: false), jobs: jobs)
        }
        outbox.submit(committed.value.jobs, lsn: committed.lsn)
        return Committed(value: committed.value.answer, lsn: committed.lsn)
    }

    private static let route = "POST /api/admin/stock/{variant_id}/adjustments"

    /// Waits for a request with the same key that is under way.
    private func find(
        _ record: IdempotencyRecord,
        _ transaction: PostgresTransaction
    ) async throws -> IdempotencyRecord.StoredAnswer? {
        try await transaction.pipeline([record.lock, record.find])[1].first.map(IdempotencyRecord.decode)
    }

    private func adjust(
        _ adjustment: StockAdjustment,
        _ id: Int64,
        _ editor: CatalogEditor,
        _ transaction: PostgresTransaction
    ) async throws -> (Adjusted, [OutboxEntry]) {
        let (productID, level) = try await lock(id, adjustment, editor, transaction)
        let row = try await transaction.query(Self.move(id, adjustment, editor))[0]
        let changed = try await StockVisibility.refresh([productID], in: transaction)
        let jobs = try changed.map {
            let job = IndexProduct.index($0)
            return try OutboxEntry(job, unique: job.uniqueKey)
        }
        let movement = StockMovement(
            id: try row.decode(0),
            delta: adjustment.delta,
            reason: .adjustment,
            actorID: editor.userID,
            orderNumber: nil,
            note: adjustment.note,
            createdAt: try row.decode(1)
        )
        return (
            Adjusted(movement: movement, stockQuantity: level + adjustment.delta),
            try await OutboxStore.add(jobs, to: transaction)
        )
    }

    private func lock(
        _ id: Int64,
        _ adjustment: StockAdjustment,
        _ editor: CatalogEditor,
        _ transaction: PostgresTransaction
    ) async throws -> (productID: Int64, level: Int) {
        let answers = try await transaction.pipeline([
            """
            SELECT seller_id, status, id FROM products
            WHERE id = (SELECT product_id FROM product_variants WHERE id = \(id)) FOR NO KEY UPDATE
            """,
            "SELECT sku, stock_quantity FROM product_variants WHERE id = \(id) FOR UPDATE",
        ])
        guard let product = answers[0].first, let variant = answers[1].first else { throw CatalogError.variantNotFound }
        try ProductOwner(product).check(editor, orElse: .variantNotFound)
        let (sku, level) = try variant.decode(String.self, Int.self)
        if level + adjustment.delta < 0 {
            throw CatalogError.stockTooLow(sku: sku, available: level, delta: adjustment.delta)
        }
        if level + adjustment.delta > ProductLimits.stock.upperBound { throw CatalogError.stockTooHigh(sku: sku) }
        return (try product.decode(2), level)
    }

    private static func move(_ id: Int64, _ adjustment: StockAdjustment, _ editor: CatalogEditor) -> PostgresQuery {
        """
        WITH changed AS (
            UPDATE product_variants SET stock_quantity = stock_quantity + \(adjustment.delta) WHERE id = \(id)
            RETURNING id, \(adjustment.delta)::integer AS delta
        )
        \(StockLedger.record(.adjustment, actor: editor.userID, note: "\(adjustment.note)::text"))
        RETURNING id, created_at
        """
    }
}

extension StockAdjustment {
    /// The note comes last, so that no two adjustments write the same text.
    fileprivate func fingerprint(ofVariant id: Int64) -> [UInt8] {
        SHA256.hash(Array("\(id) \(delta) \(note)".utf8))
    }
}
