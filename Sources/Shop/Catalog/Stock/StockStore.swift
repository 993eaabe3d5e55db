package import Database
import Postgres
package import Validation

/// Reads of stock levels and their ledger, for those who manage them. Each takes one round trip to the primary.
package struct StockStore: Sendable {
    private let database: DatabaseReader

    package init(database: Database) { self.database = database.reader }

    package func levels(
        _ filter: StockFilter,
        sort: StockFilter.Sort,
        _ request: PageRequest,
        for editor: CatalogEditor
    ) async throws -> Page<StockLevel> {
        let condition = filter.condition(sellerID: editor.scope)
        let answers = try await database.read(.primary) { session in
            try await session.pipeline([
                """
                SELECT v.id, v.sku, v.name, p.id, p.name, v.stock_quantity, v.low_stock_threshold
                FROM product_variants v JOIN products p ON p.id = v.product_id WHERE \(condition)
                ORDER BY \(unsafeSQL: sort.order) LIMIT \(request.size) OFFSET \(request.offset)
                """,
                "SELECT count(*) FROM product_variants v JOIN products p ON p.id = v.product_id WHERE \(condition)",
            ])
        }
        return try Page(answers[0], of: answers[1], request, Self.level)
    }

    /// A variant's lines, the newest first. Of a variant that is gone, an admin can still read them.
    ///
    /// - Throws: `CatalogError.variantNotFound`, `.notYours`.
    package func movements(
        ofVariant id: Int64,
        _ request: PageRequest,
        for editor: CatalogEditor
    ) async throws -> Page<StockMovement> {
        let answers = try await database.read(.primary) { session in
            try await session.pipeline([
                """
                SELECT p.seller_id, p.status FROM product_variants v JOIN products p ON p.id = v.product_id
                WHERE v.id = \(id)
                """,
                """
                SELECT m.id, m.delta, m.reason, m.actor_id, o.order_number, m.note, m.created_at
                FROM (
                    SELECT * FROM stock_movements WHERE variant_id = \(id)
                    ORDER BY id DESC LIMIT \(request.size) OFFSET \(request.offset)
                ) m LEFT JOIN orders o ON o.id = m.order_id ORDER BY m.id DESC
                """,
                "SELECT count(*) FROM stock_movements WHERE variant_id = \(id)",
            ])
        }
        let count = Int(try answers[2].single(Int64.self) ?? 0)
        if let owner = try answers[0].first.map(ProductOwner.init) {
            try owner.check(editor, orElse: .variantNotFound)
        } else if !editor.managesAll || count == 0 {
            throw CatalogError.variantNotFound
        }
        return Page(count: count, request: request, results: try answers[1].map(Self.movement))
    }

    private static func level(_ row: PostgresRow) throws -> StockLevel {
        StockLevel(
            variantID: try row.decode(0),
            sku: try row.decode(1),
            variantName: try row.decode(2),
            productID: try row.decode(3),
            productName: try row.decode(4),
            quantity: try row.decode(5),
            lowStockThreshold: try row.decode(6)
        )
    }

    private static func movement(_ row: PostgresRow) throws -> StockMovement {
        let reason: String = try row.decode(2)
        return StockMovement(
            id: try row.decode(0),
            delta: try row.decode(1),
            reason: StockLedger.Reason(rawValue: reason) ?? .adjustment,
            actorID: try row.decode(3),
            orderNumber: try row.decode(4),
            note: try row.decode(5),
            createdAt: try row.decode(6)
        )
    }
}

/// Whose a product is, as a row of `seller_id, status` says.
struct ProductOwner {
    let sellerID: Int64?
    let status: Product.Status

    init(_ row: PostgresRow) throws {
        sellerID = try row.decode(0)
        status = Product.Status(rawValue: try row.decode(1)) ?? .draft
    }

    /// - Throws: `CatalogError.notYours`, or `hidden` where the product is none of the editor's business.
    func check(_ editor: CatalogEditor, orElse hidden: CatalogError) throws(CatalogError) {
        do throws(CatalogError) {
            try editor.mustManage(sellerID: sellerID, status: status)
        } catch {
            throw error == .productNotFound ? hidden : error
        }
    }
}

extension StockFilter {
    /// Over `product_variants v` and `products p`.
    fileprivate func condition(sellerID: Int64?) -> PostgresQuery {
        """
        (\(sellerID)::bigint IS NULL OR p.seller_id = \(sellerID)::bigint)
        AND (\(sku)::text IS NULL OR starts_with(v.sku, \(sku)::text))
        AND (\(productID)::bigint IS NULL OR p.id = \(productID)::bigint)
        AND (\(below)::integer IS NULL OR v.stock_quantity < \(below)::integer)
        AND (NOT \(isLow)::boolean OR v.stock_quantity <= v.low_stock_threshold)
        """
    }
}

extension StockFilter.Sort {
    /// The SKU, which no two variants share, makes the order total.
    fileprivate var order: String {
        switch self {
        case .sku: "v.sku"
        case .scarcest: "v.stock_quantity, v.sku"
        case .fullest: "v.stock_quantity DESC, v.sku"
        }
    }
}
