import Accounts
package import HTTPServer

/// The shop over HTTP.
package enum ShopAPI {
    /// Every route of the shop, each with who may use it. The program adds `/health/…`, which says how it stands.
    package static func router(_ dependencies: ShopDependencies) -> Router { routes(dependencies).router }

    static func routes(_ dependencies: ShopDependencies) -> RouteTable {
        var routes = RouteTable(dependencies)
        let accounts = AccountRoutes(dependencies)
        let security = AccountSecurityRoutes(dependencies)
        let addresses = AddressRoutes(dependencies)
        let admin = AdminRoutes(dependencies)
        let catalog = CatalogRoutes(dependencies)
        let products = ProductRoutes(dependencies)
        let shelves = ShelfRoutes(dependencies)
        let stock = StockRoutes(dependencies)
        let carts = CartRoutes(dependencies)
        let orders = OrderRoutes(dependencies)
        let checkout = CheckoutRoutes(dependencies)
        let payments = PaymentRoutes(dependencies)
        let terms = TermsRoutes(dependencies)
        let document = DocumentRoutes(dependencies)

        routes.post("/api/users/register", .anyone, rate: .auth, accounts.register)
        routes.post("/api/users/token", .anyone, rate: .auth, accounts.token)
        routes.post("/api/users/token/refresh", .anyone, rate: .auth, accounts.refresh)
        routes.post("/api/users/logout", .anyone, rate: .auth, accounts.signOut)
        routes.get("/api/users/profile", .signedIn, accounts.profile)
        routes.put("/api/users/profile", .signedIn, accounts.replaceProfile)
        routes.patch("/api/users/profile", .signedIn, accounts.changeProfile)
        routes.delete("/api/users/profile", .signedIn, rate: .auth, accounts.closeAccount)
        routes.post("/api/users/password", .signedIn, rate: .auth, security.changePassword)
        routes.post("/api/users/password/forgot", .anyone, rate: .auth, security.forgotPassword)
        routes.post("/api/users/password/reset", .anyone, rate: .auth, security.resetPassword)
        routes.post("/api/users/email", .signedIn, rate: .auth, security.changeEmail)
        routes.post("/api/users/email/verification", .signedIn, rate: .auth, security.requestVerification)
        routes.post("/api/users/email/verify", .anyone, rate: .auth, security.verifyEmail)
        routes.get("/api/users/otp", .signedIn, security.otpState)
        routes.post("/api/users/otp", .signedIn, rate: .auth, security.enrolOTP)
        routes.post("/api/users/otp/confirm", .signedIn, rate: .auth, security.confirmOTP)
        routes.delete("/api/users/otp", .signedIn, rate: .auth, security.disableOTP)
        routes.get("/api/users/addresses", .signedIn, addresses.list)
        routes.post("/api/users/addresses", .signedIn, addresses.add)
        routes.get("/api/users/addresses/{id}", .owner, addresses.detail)
        routes.put("/api/users/addresses/{id}", .owner, addresses.replace)
        routes.delete("/api/users/addresses/{id}", .owner, addresses.remove)
        routes.get("/api/admin/users", .roles([.admin]), admin.users)
        routes.get("/api/admin/users/{id}", .roles([.admin]), admin.user)
        routes.patch("/api/admin/users/{id}", .roles([.admin]), admin.changeUser)
        routes.get("/api/admin/audit", .roles([.admin]), admin.audit)

        routes.get("/api/catalog/categories", .anyone, catalog.categories)
        routes.get("/api/catalog/products", .anyone, catalog.list)
        routes.get("/api/catalog/products/{product}", .anyone, catalog.detail)
        routes.get("/api/search/products", .anyone, catalog.search)

        routes.get("/api/catalog/categories/{slug}", .anyone, catalog.category)
        routes.post("/api/catalog/categories", .roles([.admin]), shelves.createCategory)
        routes.patch("/api/catalog/categories/{slug}", .roles([.admin]), shelves.changeCategory)
        routes.delete("/api/catalog/categories/{slug}", .roles([.admin]), shelves.deleteCategory)
        routes.get("/api/catalog/brands", .anyone, catalog.brands)
        routes.post("/api/catalog/brands", .roles([.admin]), shelves.createBrand)
        routes.patch("/api/catalog/brands/{slug}", .roles([.admin]), shelves.changeBrand)
        routes.delete("/api/catalog/brands/{slug}", .roles([.admin]), shelves.deleteBrand)

        let managers: Set<Role> = [.seller, .admin]
        let management = Permission.rolesOwning(managers, bound: .seller)
        let product = "/api/catalog/products/{product}"
        routes.get("/api/admin/products", .roles(managers), products.list)
        routes.get("/api/admin/products/{product}", management, products.detail)
        routes.post("/api/catalog/products", .roles(managers), products.create)
        routes.put(product, management, products.replace)
        routes.patch(product, management, products.change)
        routes.delete(product, management, products.delete)
        routes.post(product + "/variants", management, products.addVariant)
        routes.patch(product + "/variants/{variant_id}", management, products.changeVariant)
        routes.delete(product + "/variants/{variant_id}", management, products.deleteVariant)
        routes.post(product + "/images", management, products.addImage)
        routes.put(product + "/images", management, products.arrangeImages)
        routes.patch(product + "/images/{image_id}", management, products.changeImage)
        routes.delete(product + "/images/{image_id}", management, products.deleteImage)

        routes.get("/api/admin/stock", .roles(managers), stock.list)
        routes.get("/api/admin/stock/{variant_id}/movements", management, stock.movements)
        routes.post("/api/admin/stock/{variant_id}/adjustments", management, stock.adjust)

        routes.get("/api/orders/cart", .signedIn, carts.cart)
        routes.delete("/api/orders/cart", .signedIn, carts.empty)
        routes.post("/api/orders/cart/items", .signedIn, carts.add)
        routes.patch("/api/orders/cart/items/{variant_id}", .signedIn, carts.change)
        routes.delete("/api/orders/cart/items/{variant_id}", .signedIn, carts.remove)

        routes.post("/api/orders", .signedIn, rate: .checkout, orders.place)
        routes.post("/api/orders/quote", .signedIn, checkout.quote)
        routes.get("/api/orders/shipping-methods", .anyone, checkout.shippingMethods)

        routes.post("/api/payments/stripe/webhook", .anyone, payments.stripeWebhook)

        routes.get("/api/admin/shipping-methods", .roles([.admin]), terms.shippingMethods)
        routes.post("/api/admin/shipping-methods", .roles([.admin]), terms.createShippingMethod)
        routes.get("/api/admin/shipping-methods/{code}", .roles([.admin]), terms.shippingMethod)
        routes.put("/api/admin/shipping-methods/{code}", .roles([.admin]), terms.replaceShippingMethod)
        routes.delete("/api/admin/shipping-methods/{code}", .roles([.admin]), terms.deleteShippingMethod)
        routes.get("/api/admin/tax-rates", .roles([.admin]), terms.taxRates)
        routes.post("/api/admin/tax-rates", .roles([.admin]), terms.createTaxRate)
        routes.get("/api/admin/tax-rates/{id}", .roles([.admin]), terms.taxRate)
        routes.put("/api/admin/tax-rates/{id}", .roles([.admin]), terms.replaceTaxRate)
        routes.delete("/api/admin/tax-rates/{id}", .roles([.admin]), terms.deleteTaxRate)
        routes.get("/api/admin/discounts", .roles([.admin]), terms.discounts)
        routes.post("/api/admin/discounts", .roles([.admin]), terms.createDiscount)
        routes.get("/api/admin/discounts/{id}", .roles([.admin]), terms.discount)
        routes.put("/api/admin/discounts/{id}", .roles([.admin]), terms.replaceDiscount)
        routes.delete("/api/admin/discounts/{id}", .roles([.admin]), terms.deleteDiscount)

        routes.get("/api/openapi.json", .anyone, document.openAPI)
        routes.get("/api/docs", .anyone, produces: ["text/html"], document.page)
        routes.get("/api/docs/style.css", .anyone, produces: ["text/css"], document.style)
        routes.get("/api/docs/script.js", .anyone, produces: ["text/javascript"], document.script)
        addOrders(to: &routes, dependencies)
        return routes
    }

    /// What becomes of orders that were placed.
    private static func addOrders(to routes: inout RouteTable, _ dependencies: ShopDependencies) {
        let reading = OrderReadRoutes(dependencies)
        let steps = OrderStepRoutes(dependencies)
        let notes = OrderNoteRoutes(dependencies)
        let events = OrderEventRoutes(dependencies)
        let owner = Permission.owner(orRoles: [.admin])
        let staff = Permission.roles([.admin])

        routes.get("/api/orders", .signedIn, reading.list)
        routes.get("/api/orders/{number}", owner, reading.detail)
        routes.get("/api/orders/{number}/tracking", owner, reading.tracking)
        routes.get("/api/orders/{number}/timeline", owner, reading.timeline)
        routes.get(
            "/api/orders/{number}/events",
            .ownerOrTicket(orRoles: [.admin]),
            produces: ["text/event-stream"],
            events.events
        )
        routes.post("/api/orders/{number}/events/ticket", owner, events.ticket)
        routes.get("/api/orders/{number}/notes", owner, notes.list)
        routes.post("/api/orders/{number}/notes", owner, notes.add)
        routes.post("/api/orders/{number}/cancel", owner, steps.cancel)
        routes.put("/api/orders/{number}/status", staff, steps.setStatus)
        routes.post("/api/orders/{number}/refunds", staff, steps.refund)
        routes.get("/api/admin/orders", staff, reading.staffList)
        routes.get("/api/admin/orders.csv", staff, produces: ["text/csv"], reading.export)
    }
}
