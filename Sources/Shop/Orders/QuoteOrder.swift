package import Database
package import Foundation
import Postgres

/// Prices an order as placing it would at this moment, in one round trip, and holds nothing.
package struct QuoteOrder: Sendable {
    package struct Quote: Equatable, Sendable {
        package let items: [Order.Item]
        package let amounts: OrderAmounts
        package let taxLines: [TaxLine]
        package let currency: String
        package let shippingMethod: ShippingMethod
        package let discountCode: String?
    }

    private let database: DatabaseReader
    private let now: @Sendable () -> Date

    package init(database: Database, now: @escaping @Sendable () -> Date = { Date() }) {
        self.database = database.reader
        self.now = now
    }

    /// - Throws: `OrderError`, as placing the order would.
    package func callAsFunction(
        _ request: OrderRequest,
        userID: Int64,
        _ consistency: ReadConsistency
    ) async throws -> Quote {
        let answers = try await database.read(consistency) { session in
            try await session.pipeline(CheckoutReading.reading(request, userID: userID))
        }
        let checkout = try Checkout(try CheckoutReading(answers, request), request, now: now())
        return Quote(
            items: checkout.items,
            amounts: checkout.amounts,
            taxLines: checkout.taxLines,
            currency: checkout.currency,
            shippingMethod: checkout.terms.shipping,
            discountCode: request.discountCode
        )
    }
}
