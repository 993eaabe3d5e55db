package import Accounts
package import Carts
package import Catalog
package import Orders
package import Payments
package import Search

/// What the routes need, made once by the program.
package struct ShopDependencies: Sendable {
    package var authenticator: Authenticator
    package var accounts: AccountServices
    package var catalog: CatalogStore
    package var editCatalog: EditCatalog
    package var editCategories: EditCategories
    package var editBrands: EditBrands
    package var stock: StockStore
    package var adjustStock: AdjustStock
    package var carts: CartStore
    package var searchProducts: SearchProducts
    package var orders: OrderStore
    package var placeOrder: PlaceOrder
    package var quoteOrder: QuoteOrder
    package var shippingMethods: ShippingMethods
    package var taxRates: TaxRates
    package var discounts: Discounts
    package var gateway: GatewayName
    /// Nil where the shop is not paid by Stripe.
    package var receiveWebhook: ReceiveWebhook?
    package var orderDesk: OrderDesk
    package var positions: PositionTokens
    package var rateLimiters: RateLimiters
    package var document: APIDocument

    package init(
        authenticator: Authenticator,
        accounts: AccountServices,
        catalog: CatalogStore,
        editCatalog: EditCatalog,
        editCategories: EditCategories,
        editBrands: EditBrands,
        stock: StockStore,
        adjustStock: AdjustStock,
        carts: CartStore,
        searchProducts: SearchProducts,
        orders: OrderStore,
        placeOrder: PlaceOrder,
        quoteOrder: QuoteOrder,
        shippingMethods: ShippingMethods,
        taxRates: TaxRates,
        discounts: Discounts,
        gateway: GatewayName,
        receiveWebhook: ReceiveWebhook?,
        orderDesk: OrderDesk,
        positions: PositionTokens,
        rateLimiters: RateLimiters = RateLimiters(),
        document: APIDocument
    ) {
        self.authenticator = authenticator
        self.accounts = accounts
        self.catalog = catalog
        self.editCatalog = editCatalog
        self.editCategories = editCategories
        self.editBrands = editBrands
        self.stock = stock
        self.adjustStock = adjustStock
        self.carts = carts
        self.searchProducts = searchProducts
        self.orders = orders
        self.placeOrder = placeOrder
        self.quoteOrder = quoteOrder
        self.shippingMethods = shippingMethods
        self.taxRates = taxRates
        self.discounts = discounts
        self.gateway = gateway
        self.receiveWebhook = receiveWebhook
        self.orderDesk = orderDesk
        self.positions = positions
        self.rateLimiters = rateLimiters
        self.document = document
    }
}
