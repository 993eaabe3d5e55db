package import Jobs
package import Messages
import Observability
package import Payments

/// Runs `payment.process`. Idempotent by the payment's state and by the gateway's keys.
package struct ProcessPaymentHandler: JobHandler {
    /// What the worker's circuit breaker calls the gateway.
    package static let dependency = "payments"

    private let authorizeOrder: AuthorizeOrder
    private let settlePayment: SettlePayment
    private let applyEvent: ApplyPaymentEvent
    private let gateway: any PaymentGateway
    private let didStep: @Sendable (_ orderNumber: String) -> Void

    /// - Parameter didStep: told of each order whose payment was decided, after the commit. It must return at once.
    package init(
        authorizeOrder: AuthorizeOrder,
        settlePayment: SettlePayment,
        applyEvent: ApplyPaymentEvent,
        gateway: any PaymentGateway,
        didStep: @escaping @Sendable (_ orderNumber: String) -> Void
    ) {
        self.authorizeOrder = authorizeOrder
        self.settlePayment = settlePayment
        self.applyEvent = applyEvent
        self.gateway = gateway
        self.didStep = didStep
    }

    package func handle(_ payload: ProcessPayment, context: JobContext) async throws -> Outcome {
        do {
            switch payload.action {
            case .authorize:
                let result = try await authorizeOrder(payload.subject)
                didStep(payload.subject)
                return outcome(result, context)
            case .settle: return outcome(try await settlePayment(payload.subject))
            case .event: return outcome(try await applyEvent(payload.subject), context)
            }
        } catch let error as GatewayError {
            return try await outcome(error)
        }
    }

    private func outcome(_ result: AuthorizeOrder.Result, _ context: JobContext) -> Outcome {
        switch result {
        case .approved:
            if gateway.name == .test {
                context.logger.notice("The test gateway approved a payment; no money moves")
            }
            return .done
        case .alreadyDecided: return .done
        case .declined(let reason):
            context.logger.info("A payment was declined", [.reason: .string(reason)])
            return .done
        case .pending(let wait): return .snooze(for: wait)
        // The job was committed with its payment, so it is the message that is wrong.
        case .noSuchPayment: return .reject(reason: "there is no payment for such an order")
        }
    }

    private func outcome(_ result: SettlePayment.Result) -> Outcome {
        switch result {
        case .done: .done
        case .notYet: .snooze(for: .seconds(5))
        case .refused(let reason): .reject(reason: "the payment gateway refused: \(reason)")
        case .noSuchOperation: .reject(reason: "there is no such operation")
        }
    }

    private func outcome(_ result: ApplyPaymentEvent.Result, _ context: JobContext) -> Outcome {
        switch result {
        case .applied: return .done
        case .noSuchPayment:
            context.logger.warning("A gateway told of a payment that is none of ours")
            return .done
        case .noSuchEvent: return .reject(reason: "there is no such event")
        }
    }

    /// A call that broke may be the gateway's fault or this payment's own, so the gateway is asked how it is: a payment that
    /// it dies of each time must spend its attempts.
    private func outcome(_ error: GatewayError) async throws -> Outcome {
        switch error {
        case .permanent: return .reject(reason: error.description)
        case .transient:
            do throws(GatewayError) {
                try await gateway.check()
            } catch .transient(let reason) {
                throw DependencyUnavailable(Self.dependency, reason: reason)
            } catch {
                // It answers, and so is up.
            }
            return .retry(reason: error.description)
        }
    }
}
