import Foundation
package import HTTPClient
import Observability

/// Stripe's PaymentIntents: confirmed when they are made, captured by hand.
///
/// Source: https://docs.stripe.com/api/payment_intents, /api/idempotent_requests and /api/errors. What a customer would
/// have to confirm in a browser (3-D Secure) counts as declined: nobody sits there when the job runs.
package struct StripeGateway: PaymentGateway {
    /// The shape of what is sent and answered; another one is tried out before it is set here.
    static let apiVersion = "2024-06-20"

    private let client: HTTPClient
    private let url: String
    private let apiKey: String
    private let timeout: Duration

    /// - Parameter url: without a slash at its end.
    package init(client: HTTPClient, url: String, apiKey: String, timeout: Duration = .seconds(20)) {
        self.client = client
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.apiKey = apiKey
        self.timeout = timeout
    }

    package var name: GatewayName { .stripe }

    package func authorize(
        _ request: AuthorizationRequest,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let form = [
            ("amount", String(request.amount)),
            ("currency", request.currency.lowercased()),
            ("payment_method", request.token),
            ("payment_method_types[]", "card"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("error_on_requires_action", "true"),
            ("metadata[payment_id]", request.paymentID),
            ("metadata[order_number]", request.orderNumber),
        ]
        return try await send("POST", "/v1/payment_intents", form, key: key).authorization()
    }

    package func authorization(_ reference: String) async throws(GatewayError) -> GatewayAnswer {
        try await send("GET", "/v1/payment_intents/\(escaped(reference))").authorization()
    }

    package func capture(
        _ reference: String,
        amount: Int64,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let form = [("amount_to_capture", String(amount))]
        return try await send("POST", "/v1/payment_intents/\(escaped(reference))/capture", form, key: key)
            .settlement(expecting: "succeeded")
    }

    package func void(_ reference: String, key: String) async throws(GatewayError) -> GatewayAnswer {
        try await send("POST", "/v1/payment_intents/\(escaped(reference))/cancel", [], key: key)
            .settlement(expecting: "canceled")
    }

    package func refund(
        _ reference: String,
        amount: Int64,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let form = [("payment_intent", reference), ("amount", String(amount))]
        return try await send("POST", "/v1/refunds", form, key: key).refund()
    }

    /// - Throws: `.permanent` for a key that it does not take: it is up, and of no use.
    package func check() async throws(GatewayError) { _ = try await send("GET", "/v1/balance") }

    private func send(
        _ method: String,
        _ path: String,
        _ form: [(String, String)]? = nil,
        key: String? = nil
    ) async throws(GatewayError) -> StripeAnswer {
        var headers = [("Authorization", "Bearer \(apiKey)"), ("Stripe-Version", Self.apiVersion)]
        if let key { headers.append(("Idempotency-Key", key)) }
        if form != nil { headers.append(("Content-Type", "application/x-www-form-urlencoded")) }
        let body = form?.map { "\(escaped($0))=\(escaped($1))" }.joined(separator: "&")
        let response: HTTPResponse
        do throws(HTTPClientError) {
            response = try await Tracing.span("Stripe \(method)", .client, ["http.request.method": .string(method)]) {
                () throws(HTTPClientError) in
                try await client.send(
                    HTTPRequest(
                        method: method,
                        url: url + path,
                        headers: headers,
                        body: body.map { Array($0.utf8) },
                        timeout: timeout
                    )
                )
            }
        } catch {
            if !error.isRetriable { throw .permanent(error.description) }
            throw .transient(error.description)
        }
        return try StripeAnswer(status: response.status, body: response.body)
    }

    private func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.intersection(.ascii).union(["_", "-", "."]))
            ?? ""
    }
}

extension CharacterSet {
    fileprivate static let ascii = CharacterSet(charactersIn: Unicode.Scalar(0x20)...Unicode.Scalar(0x7E))
}
