import Accounts
import Bootstrap
import Carts
import Catalog
import Configuration
import Crypto
import Orders
import Payments
import Search
import ShopAPI

extension ShopDependencies {
    /// Everything that the routes stand on.
    init(_ parts: ProgramParts, orderDesk: OrderDesk) async throws {
        let keys = try parts.environment.value(Settings.jwtKeys)
        let jwt = JWT(keys: keys, issuer: "wharf")
        let database = try await parts.database()
        let outbox = try await parts.outbox()
        let catalog = CatalogStore(database: database)
        self.init(
            authenticator: Authenticator(jwt: jwt),
            accounts: try await AccountServices(
                database: database,
                outbox: outbox,
                hasher: PasswordHasher(),
                jwt: jwt
            ),
            catalog: catalog,
            editCatalog: EditCatalog(database: database, outbox: outbox),
            editCategories: EditCategories(database: database, outbox: outbox),
            editBrands: EditBrands(database: database, outbox: outbox),
            stock: StockStore(database: database),
            adjustStock: AdjustStock(database: database, outbox: outbox),
            carts: CartStore(database: database),
            searchProducts: SearchProducts(engine: try await parts.searchEngine(), catalog: catalog),
            orders: OrderStore(database: database),
            placeOrder: PlaceOrder(database: database, outbox: outbox),
            quoteOrder: QuoteOrder(database: database),
            shippingMethods: ShippingMethods(database: database),
            taxRates: TaxRates(database: database),
            discounts: Discounts(database: database),
            gateway: try parts.environment.value(Settings.paymentGateway),
            receiveWebhook: try parts.stripeWebhookSecret().map {
                ReceiveWebhook(database: database, outbox: outbox, secret: $0)
            },
            orderDesk: orderDesk,
            positions: PositionTokens(key: keys.derivedKey(for: "wharf read-your-writes")),
            rateLimiters: RateLimiters(try parts.environment.value(Settings.rateLimits)),
            document: try APIDocument(directory: try parts.environment.value(Settings.documentsDirectory))
        )
    }
}
