import Accounts
import Bootstrap
import Carts
import Catalog
import Configuration
import Crypto
import Orders
import Search
import ShopAPI

extension ShopDependencies {
    /// Everything that the routes stand on.
    init(_ parts: ProgramParts) async throws {
        let keys = try parts.environment.value(Settings.jwtKeys)
        let jwt = JWT(keys: keys, issuer: "wharf")
        let hasher = PasswordHasher()
        let tokens = TokenIssuer(jwt: jwt)
        let database = try await parts.database()
        let outbox = try await parts.outbox()
        let catalog = CatalogStore(database: database)
        self.init(
            authenticator: Authenticator(jwt: jwt),
            register: Register(database: database, hasher: hasher, tokens: tokens),
            signIn: try await SignIn(database: database, hasher: hasher, tokens: tokens),
            refreshTokens: RefreshTokens(database: database, jwt: jwt, tokens: tokens),
            profile: Profile(database: database),
            catalog: catalog,
            editCatalog: EditCatalog(database: database, outbox: outbox),
            stock: StockStore(database: database),
            adjustStock: AdjustStock(database: database, outbox: outbox),
            carts: CartStore(database: database),
            searchProducts: SearchProducts(engine: try await parts.searchEngine(), catalog: catalog),
            orders: OrderStore(database: database),
            placeOrder: PlaceOrder(database: database, outbox: outbox),
            positions: PositionTokens(key: keys.derivedKey(for: "wharf read-your-writes"))
        )
    }
}
