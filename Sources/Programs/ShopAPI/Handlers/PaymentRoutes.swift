import HTTPServer
import Payments

struct PaymentRoutes {
    private let shop: ShopDependencies

    init(_ dependencies: ShopDependencies) { shop = dependencies }

    /// Who sends this proves it by the signature over the body.
    @Sendable func stripeWebhook(_ request: Request) async throws -> Response {
        guard let signature = request.headers["Stripe-Signature"] else {
            throw Problem.badRequest("The header Stripe-Signature is missing.")
        }
        guard let receive = shop.receiveWebhook else { throw Problem.notFound("This shop is not paid by Stripe.") }
        do {
            try await receive(signature: signature, body: request.body)
        } catch is ReceiveWebhook.Refused {
            throw Problem.badRequest("The signature or the event is not valid.")
        }
        return try .json(ReceivedBody(received: true))
    }

    private struct ReceivedBody: Encodable {
        let received: Bool
    }
}
