import Accounts
import Carts
import Catalog
import Crypto
import Database
import HTTPServer
import Observability
import Orders
import Postgres
import Validation

/// What the shop's errors are to a client: the only place that knows.
struct DomainErrors: Middleware {
    private let logger = Logger(label: "api")

    func respond(to request: Request, next: Handler) async throws -> Response {
        do {
            return try await next(request)
        } catch {
            throw Self.problem(for: error, logger) ?? error
        }
    }

    /// - Returns: `nil` for an error that is our own fault: it becomes a 500 and is logged in full.
    static func problem(for error: any Error, _ logger: Logger) -> Problem? {
        switch error {
        case let error as ValidationError: .unprocessable(error.fields.map { .init($0.field, $0.message) })
        case let error as AccountError: AccountProblems.problem(error)
        case let error as CatalogError: problem(error)
        case let error as CartError: problem(error)
        case let error as OrderError: problem(error)
        case let error as TermsError: problem(error)
        case CryptoError.busy: .unavailable("Too many sign-ins at this moment.")
        case let error as PostgresError: problem(error, logger)
        default: nil
        }
    }

    private static func problem(_ error: CatalogError) -> Problem {
        switch error {
        case .productNotFound: .notFound("There is no such product.")
        case .slugTaken: .conflict("This slug is taken.", slug: "slug-taken")
        case .skuTaken: .conflict("Another product has one of these SKUs.", slug: "sku-taken")
        case .unknownCategory: .unprocessable([.init("category", "is not the slug of a category")])
        case .variantNotFound: .notFound("There is no such variant.")
        case .imageNotFound: .notFound("There is no such image.")
        case .categoryNotFound: .notFound("There is no such category.")
        case .brandNotFound: .notFound("There is no such brand.")
        case .edited:
            Problem(
                status: 412,
                slug: "precondition-failed",
                title: "The product is not what it was",
                detail: "Somebody edited the product since you read it. Read it again, and edit what is there now."
            )
        case .lastVariant: .conflict("A product has at least one variant.", slug: "last-variant")
        case .lastImage: .conflict("A product that is for sale has at least one image.", slug: "last-image")
        case .imagesDiffer: .unprocessable([.init("image_ids", "must name every image of the product once")])
        case .categoryInUse:
            .conflict("Products, or categories below it, are in this category.", slug: "category-in-use")
        case .keyReused: .keyReused
        case .brandInUse: .conflict("Products have this brand.", slug: "brand-in-use")
        case .notYours: .forbidden("This product belongs to another seller.")
        case .stockTooLow(let sku, let available, let delta):
            .insufficientStock([.init(sku: sku, requested: -delta, available: available)])
        case .stockTooHigh(let sku):
            .conflict(
                "The level of \(sku) would be larger than \(ProductLimits.stock.upperBound).",
                slug: "stock-too-high"
            )
        }
    }

    private static func problem(_ error: CartError) -> Problem {
        switch error {
        case .notForSale: .unprocessable([.init("variant_id", "is not for sale")])
        case .insufficientStock(let sku, let requested, let available):
            .insufficientStock([.init(sku: sku, requested: requested, available: available)])
        case .lineFull:
            .conflict("A cart holds at most \(CartLimits.quantity.upperBound) of one variant.", slug: "line-full")
        case .cartFull: .conflict("A cart has at most \(CartLimits.lines) lines.", slug: "cart-full")
        case .noSuchLine: .notFound("The cart has no such line.")
        case .otherCurrency(let cart, let variant):
            .conflict(
                "An order is in one currency: the cart is in \(cart), this is sold in \(variant).",
                slug: "other-currency"
            )
        }
    }

    private static func problem(_ error: OrderError) -> Problem {
        switch error {
        case .insufficientStock(let short): .insufficientStock(short)
        case .unknownVariants(let ids):
            .unprocessable(ids.map { .init("items", "variant \($0) is not for sale") })
        case .mixedCurrencies(let currencies):
            .unprocessable([.init("items", "must be in one currency, not \(currencies.joined(separator: " and "))")])
        case .emptyCart:
            .conflict("There is nothing in your cart.", slug: "cart-empty", title: "The cart is empty")
        case .staleCart(let ids):
            .conflict(
                "Some lines of your cart are not for sale any more. Take them out and order again.",
                slug: "cart-stale",
                title: "The cart went stale",
                extensions: ["stale": ids.map(WireID.init)]
            )
        case .cartTooLarge(let count):
            .conflict(
                "Your cart has \(count) lines; one order takes \(OrderRequest.maximumLines) at most.",
                slug: "cart-too-large"
            )
        case .unknownShippingMethod:
            .unprocessable([.init("shipping_method", "is not the code of a shipping method")])
        case .shippingNotOffered:
            .unprocessable([.init("shipping_method", "is not offered for this address and currency")])
        case .discountRefused(_, let refusal): .unprocessable([.init("discount_code", Self.words(refusal))])
        case .priceChanged(let expected, let amounts):
            .conflict(
                "The order would cost \(amounts.total), not \(expected). Ask for a quote and order again.",
                slug: "price-changed",
                title: "The total is another one",
                extensions: ["total_amount": amounts.total]
            )
        case .inFlight:
            .conflict(
                "A request with this Idempotency-Key is being answered. Ask again in a moment.",
                slug: "idempotency-key-in-flight"
            )
        case .keyReused: .keyReused
        case .noSuchOrder: .notFound("There is no such order.")
        case .forbiddenStep(let from, let to):
            .conflict(
                "The order is \(from.rawValue) and cannot become \(to.rawValue).",
                slug: "order-state",
                title: "The order's state does not allow this",
                extensions: ["order_status": from.rawValue]
            )
        case .notPaid: .conflict("Nobody has paid for this order yet.", slug: "order-not-paid")
        case .refundTooLarge(let left):
            .unprocessable([.init("amount", "must not be more than what is left to refund: \(left)")])
        }
    }

    private static func problem(_ error: TermsError) -> Problem {
        switch error {
        case .notFound: .notFound("There is no such thing.")
        case .codeTaken:
            .conflict("Another one has this code, or is for the same place and category.", slug: "code-taken")
        case .isNeeded: .conflict("Orders that name no method have this one.", slug: "is-needed")
        case .inUse: .conflict("Orders have used it. Switch it off instead.", slug: "in-use")
        case .unknownCategory: .unprocessable([.init("category", "is not the slug of a category")])
        case .unknownProduct: .unprocessable([.init("products", "must be ids of products")])
        case .limitBelowUses: .conflict("It has been used more often than that.", slug: "limit-below-uses")
        }
    }

    private static func words(_ refusal: Discount.Refusal) -> String {
        switch refusal {
        case .unknown: "is not known"
        case .notYet: "is not valid yet"
        case .over: "is not valid any more"
        case .usedUp: "has been used as often as it may be"
        case .usedUpByCustomer: "has been used by you as often as it may be"
        case .otherCurrency: "is not for this currency"
        case .belowMinimum: "is for larger orders"
        case .nothingApplies: "is for none of these items"
        }
    }

    private static func problem(_ error: PostgresError, _ logger: Logger) -> Problem? {
        if error.sqlState == RowScope.outdatedToken { return AccountProblems.problem(.tokenOutdated) }
        switch error.code {
        case .connectFailed, .connectionLost, .commitUnknown, .poolExhausted, .timeout:
            logger.warning("The database gave no answer", [.error: .describing(error)])
            return .unavailable("The shop is busy. Try again in a moment.")
        default: return nil
        }
    }
}

extension Problem {
    /// 409, naming the SKUs that ran short.
    fileprivate static func insufficientStock(_ short: [OrderError.Shortage]) -> Problem {
        .conflict(
            "There is not enough of: \(short.map(\.sku).joined(separator: ", ")).",
            slug: "insufficient-stock",
            title: "Some items ran short",
            extensions: ["short": short]
        )
    }

    fileprivate static let keyReused = Problem(
        status: 422,
        slug: "idempotency-key-reused",
        title: "The Idempotency-Key belongs to another request",
        detail: "This Idempotency-Key was used with a different body. Use a new key for a new request."
    )
}
