import Accounts
import Bootstrap
import Carts
import Catalog
import Crypto
import Database
import Foundation
import HTTPClient
import HTTPServer
import Jobs
import Orders
import Outbox
import Payments
import Postgres
import Search
import Testing
import Topology

@testable import ShopAPI

@Suite struct OpenAPITests {
    /// Clients are written from the description: a route that it lacks is unknown, one that it invents is a 404.
    @Test func theDescriptionHasTheRoutesOfTheRouters() async throws {
        let client = HTTPClient()
        defer { client.shutdown() }
        var router = ShopAPI.router(try await dependencies(client))
        router.addHealth(Readiness())
        router.addMetrics()
        let routed = Set(router.routes.map { "\($0.method.rawValue) \($0.template)" })
        let described = Self.operations(in: try String(contentsOfFile: "docs/openapi.yaml", encoding: .utf8))

        #expect(routed.subtracting(described).sorted() == [], "not in docs/openapi.yaml")
        #expect(described.subtracting(routed).sorted() == [], "in docs/openapi.yaml, but no route")
    }

    @Test func pathsAndMethodsAreRead() {
        let yaml = """
            servers:
              - url: /
            paths:
              /a/{id}:
                parameters:
                get:
                  get: deeper
                delete:
              /b:
                post:
            components:
              /c:
                get:
            """
        #expect(Self.operations(in: yaml) == ["GET /a/{id}", "DELETE /a/{id}", "POST /b"])
    }

    /// `METHOD path` of every operation, for YAML that indents by two spaces: under `paths:`, a path has one step and its
    /// methods have two.
    private static func operations(in yaml: String) -> Set<String> {
        let methods: Set = ["get", "post", "put", "patch", "delete"]
        var operations: Set<String> = []
        var isInPaths = false
        var path = ""
        for line in yaml.split(separator: "\n") where line.hasSuffix(":") {
            let key = String(line.drop { $0 == " " }.dropLast())
            switch line.count - key.count - 1 {
            case 0: isInPaths = key == "paths"
            case 2 where key.hasPrefix("/"): path = key
            case 4 where isInPaths && methods.contains(key): operations.insert("\(key.uppercased()) \(path)")
            default: break
            }
        }
        return operations
    }

    /// Real parts that connect to nothing until they are asked, and nobody asks them here.
    private func dependencies(_ client: HTTPClient) async throws -> ShopDependencies {
        let jwt = JWT(keys: try JWTKeys(parsing: "test:\(Random.token(bytes: 32))"), issuer: "wharf")
        let tokens = TokenIssuer(jwt: jwt)
        let hasher = PasswordHasher()
        let database = Database(primary: PostgresPool(.init(url: "postgres://localhost/wharf")))
        let broker = InMemoryBroker(topology: try Topology.load(directory: "queues"))
        let outbox = OutboxPublisher(database: database, publisher: broker)
        let catalog = CatalogStore(database: database)
        let engine = SearchEngine(client: client, url: "http://localhost:9200")
        return ShopDependencies(
            authenticator: Authenticator(jwt: jwt),
            register: Register(database: database, hasher: hasher, tokens: tokens),
            signIn: try await SignIn(database: database, hasher: hasher, tokens: tokens),
            refreshTokens: RefreshTokens(database: database, jwt: jwt, tokens: tokens),
            profile: Profile(database: database),
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
            positions: PositionTokens(key: Random.bytes(32))
        )
    }
}
