import Database
import HTTPServer
import Orders

/// The admins' editing of what orders cost beside their goods.
struct TermsRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    // MARK: Shipping methods

    @Sendable func shippingMethods(_ request: Request) async throws -> Response {
        try .json(try await shop.shippingMethods.all(request.consistency).map(ShippingMethodBody.init))
    }

    @Sendable func shippingMethod(_ request: Request) async throws -> Response {
        let methods = try await shop.shippingMethods.all(request.consistency)
        guard let method = methods.first(where: { $0.code == request.parameters["code"] }) else {
            throw TermsError.notFound
        }
        return try .json(ShippingMethodBody(method))
    }

    @Sendable func createShippingMethod(_ request: Request) async throws -> Response {
        let method = try request.decode(ShippingMethodBody.self).method()
        let created = try await shop.shippingMethods.create(method)
        return try response(
            created,
            ShippingMethodBody.init,
            location: "/api/admin/shipping-methods/\(created.value.code)"
        )
    }

    @Sendable func replaceShippingMethod(_ request: Request) async throws -> Response {
        let method = try request.decode(ShippingMethodBody.self).method(code: request.parameters["code"])
        return try response(try await shop.shippingMethods.replace(method), ShippingMethodBody.init)
    }

    @Sendable func deleteShippingMethod(_ request: Request) async throws -> Response {
        _ = try await shop.shippingMethods.delete(request.parameters["code"] ?? "")
        return Response.noContent
    }

    // MARK: Tax rates

    @Sendable func taxRates(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let page = query.page()
        let rates = try await shop.taxRates.list(try query.checked(page), request.consistency)
        return try .json(PageBody(rates, TaxRateBody.init))
    }

    @Sendable func taxRate(_ request: Request) async throws -> Response {
        try .json(TaxRateBody(try await shop.taxRates.rate(try id(request), request.consistency)))
    }

    @Sendable func createTaxRate(_ request: Request) async throws -> Response {
        let created = try await shop.taxRates.create(try request.decode(TaxRateBody.self).rule())
        return try response(created, TaxRateBody.init, location: "/api/admin/tax-rates/\(created.value.id)")
    }

    @Sendable func replaceTaxRate(_ request: Request) async throws -> Response {
        let rule = try request.decode(TaxRateBody.self).rule(id: try id(request))
        return try response(try await shop.taxRates.replace(rule), TaxRateBody.init)
    }

    @Sendable func deleteTaxRate(_ request: Request) async throws -> Response {
        _ = try await shop.taxRates.delete(try id(request))
        return Response.noContent
    }

    // MARK: Discounts

    @Sendable func discounts(_ request: Request) async throws -> Response {
        var query = QueryReader(request.query)
        let page = query.page()
        let discounts = try await shop.discounts.list(try query.checked(page), request.consistency)
        return try .json(PageBody(discounts, DiscountBody.init))
    }

    @Sendable func discount(_ request: Request) async throws -> Response {
        try .json(DiscountBody(try await shop.discounts.discount(try id(request), request.consistency)))
    }

    @Sendable func createDiscount(_ request: Request) async throws -> Response {
        let created = try await shop.discounts.create(try request.decode(DiscountBody.self).rule())
        return try response(created, DiscountBody.init, location: "/api/admin/discounts/\(created.value.id)")
    }

    @Sendable func replaceDiscount(_ request: Request) async throws -> Response {
        let rule = try request.decode(DiscountBody.self).rule(id: try id(request))
        return try response(try await shop.discounts.replace(rule), DiscountBody.init)
    }

    @Sendable func deleteDiscount(_ request: Request) async throws -> Response {
        _ = try await shop.discounts.delete(try id(request))
        return Response.noContent
    }

    // MARK: All of them

    private func id(_ request: Request) throws(TermsError) -> Int64 {
        guard let id = request.parameters["id"].flatMap(Int64.init) else { throw .notFound }
        return id
    }

    /// - Parameter location: of what was created; without one it was there before.
    private func response<Value, Body: Encodable>(
        _ committed: Committed<Value>,
        _ body: (Value) -> Body,
        location: String? = nil
    ) throws -> Response {
        var response = try Response.json(body(committed.value), status: location == nil ? 200 : 201)
        if let location { response.headers["Location"] = location }
        return response
    }
}
