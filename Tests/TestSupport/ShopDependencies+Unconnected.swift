import Accounts
import Carts
import Catalog
import Crypto
import Database
import HTTPClient
import Jobs
import Orders
import Outbox
import Payments
import Postgres
import Search
package import ShopAPI
import Topology

extension ShopDependencies {
    /// Real parts that connect to nothing until they are asked, for a test that only looks at the routes.
    package static func unconnected() async throws -> ShopDependencies {
        let jwt = JWT(keys: try JWTKeys(parsing: "test:\(Random.token(bytes: 32))"), issuer: "wharf")
        let database = Database(primary: PostgresPool(.init(url: "postgres://localhost/wharf")))
        let broker = InMemoryBroker(topology: try Topology.load(directory: "queues"))
        let outbox = OutboxPublisher(database: database, publisher: broker)
        let catalog = CatalogStore(database: database)
        let engine = SearchEngine(client: HTTPClient(), url: "http://localhost:9200")
        return ShopDependencies(
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
            searchProducts: SearchProducts(engine: engine, catalog: catalog),
            orders: OrderStore(database: database),
            placeOrder: PlaceOrder(database: database, outbox: outbox),
            quoteOrder: QuoteOrder(database: database),
            shippingMethods: ShippingMethods(database: database),
            taxRates: TaxRates(database: database),
            discounts: Discounts(database: database),
            gateway: .test,
            receiveWebhook: nil,
            orderDesk: OrderDesk(
                database: database,
                outbox: outbox,
                feed: OrderEventFeed(database: database) { _ in },
                didStep: { _ in }
            ),
            positions: PositionTokens(key: Random.bytes(32)),
            document: try APIDocument(directory: "docs")
        )
    }
}
