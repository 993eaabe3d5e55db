import Foundation
import Testing

@testable import Payments

@Suite struct StripeAnswerTests {
    private func answer(_ status: Int, _ body: String) throws(GatewayError) -> StripeAnswer {
        try StripeAnswer(status: status, body: Array(body.utf8))
    }

    @Test(
        arguments: [
            ("requires_capture", .approved), ("succeeded", .approved), ("processing", .pending),
            ("requires_action", .declined(reason: "authentication_required")),
            ("canceled", .declined(reason: "canceled")),
            ("requires_payment_method", .declined(reason: "card_declined")),
        ] as [(String, GatewayAnswer.Verdict)]
    )
    func anIntentsStateIsAVerdict(_ status: String, _ verdict: GatewayAnswer.Verdict) throws {
        let answer = try answer(200, #"{"id":"pi_1","status":"\#(status)"}"#).authorization()
        #expect(answer == GatewayAnswer(verdict, reference: "pi_1"))
    }

    @Test func aRefusedCardIsADecline() throws {
        let body =
            #"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","#
            + #""payment_intent":{"id":"pi_1","status":"requires_payment_method"}}}"#
        let expected = GatewayAnswer(.declined(reason: "insufficient_funds"), reference: "pi_1")
        #expect(try answer(402, body).authorization() == expected)
    }

    @Test(arguments: [409, 429, 500, 503])
    func anOverloadedServerIsAskedAgain(_ status: Int) {
        #expect(throws: GatewayError.transient("HTTP \(status)")) { try answer(status, "") }
    }

    @Test(arguments: [
        (401, #"{"error":{"type":"invalid_request_error"}}"#, "HTTP 401, invalid_request_error"),
        (400, #"{"error":{"type":"invalid_request_error","code":"parameter_missing"}}"#, "HTTP 400, parameter_missing"),
        (400, #"{"error":{"type":"idempotency_error"}}"#, "HTTP 400, idempotency_error"), (404, "not JSON", "HTTP 404"),
    ])
    func aRefusalIsPermanent(_ status: Int, _ body: String, _ reason: String) {
        #expect(throws: GatewayError.permanent(reason)) { try answer(status, body) }
    }

    @Test func anAnswerThatIsCutOffIsAskedForAgain() throws {
        let answer = try answer(200, #"{"id":"pi_1","#)
        #expect(throws: GatewayError.self) { try answer.authorization() }
    }

    /// Stripe forgets keys after a day; the state then tells that it was done.
    @Test func whatWasDoneBeforeIsDone() throws {
        let body =
            #"{"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state","#
            + #""payment_intent":{"id":"pi_1","status":"succeeded"}}}"#
        #expect(try answer(400, body).settlement(expecting: "succeeded").verdict == .approved)
        let other = GatewayAnswer.Verdict.declined(reason: "payment_intent_unexpected_state")
        #expect(try answer(400, body).settlement(expecting: "canceled").verdict == other)
    }

    @Test func aRefundIsApprovedWhileItIsOnItsWay() throws {
        #expect(try answer(200, #"{"id":"re_1","status":"pending"}"#).refund().verdict == .approved)
        let failed = #"{"id":"re_1","status":"failed","failure_reason":"lost_or_stolen_card"}"#
        #expect(try answer(200, failed).refund().verdict == .declined(reason: "lost_or_stolen_card"))
    }
}

@Suite struct StripeSignatureTests {
    private static let body = Array(#"{"id":"evt_1"}"#.utf8)
    private static let time: Int64 = 1_700_000_000

    private func header(_ signature: [UInt8], time: Int64 = Self.time) -> String {
        let digits = signature.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        return "t=\(time),v1=\(digits),v0=00"
    }

    private func isValid(_ header: String, body: [UInt8] = Self.body, after seconds: Double = 0) -> Bool {
        let now = Date(timeIntervalSince1970: Double(Self.time) + seconds)
        return StripeSignature.isValid(header, body: body, secret: "whsec_test", now: now)
    }

    /// Computed with `printf '%s' '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test`.
    @Test func itIsTheHMACOfTimeAndBody() {
        let signature = StripeSignature.sign(Self.body, at: Self.time, secret: "whsec_test")
        #expect(
            header(signature)
                == "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925,v0=00"
        )
    }

    @Test func itIsGoodForFiveMinutes() {
        let header = header(StripeSignature.sign(Self.body, at: Self.time, secret: "whsec_test"))
        #expect(isValid(header))
        #expect(isValid(header, after: 300))
        #expect(!isValid(header, after: 301))
        #expect(!isValid(header, after: -301))
    }

    @Test func nothingElseIsGood() {
        let good = StripeSignature.sign(Self.body, at: Self.time, secret: "whsec_test")
        let other = StripeSignature.sign(Self.body, at: Self.time, secret: "whsec_other")
        #expect(!isValid(header(good), body: Self.body + [0x20]))
        #expect(!isValid(header(other)))
        #expect(!isValid(header(good, time: Self.time + 1)))
        for header in ["", "t=1700000000", "v1=00", "t=x,v1=00", "t=1700000000,v1=", "t=1700000000,v1=zz", "===,,,"] {
            #expect(!isValid(header), "\(header)")
        }
        // While a secret is being replaced, both sign.
        let both = header(other) + header(good).dropFirst(12)
        #expect(isValid(both))
    }
}

@Suite struct PaymentEventTests {
    private static let payment = "0193b6f0-0000-7000-8000-000000000001"

    private func event(_ type: String, _ object: String) throws -> PaymentEvent {
        try PaymentEvent(stripe: Array(#"{"id":"evt_1","type":"\#(type)","data":{"object":\#(object)}}"#.utf8))
    }

    @Test(
        arguments: [
            ("payment_intent.amount_capturable_updated", .authorized), ("payment_intent.succeeded", .captured),
            ("payment_intent.payment_failed", .declined), ("payment_intent.canceled", .voided),
        ] as [(String, PaymentEvent.Kind)]
    )
    func theShopKnowsFourKinds(_ type: String, _ kind: PaymentEvent.Kind) throws {
        let event = try event(type, #"{"id":"pi_1","metadata":{"payment_id":"\#(Self.payment)"}}"#)
        #expect(event.kind == kind)
        #expect(event.reference == "pi_1")
        #expect(event.paymentID == UUID(uuidString: Self.payment))
    }

    @Test func aDeclineSaysWhy() throws {
        let object = #"{"id":"pi_1","last_payment_error":{"code":"card_declined","decline_code":"lost_card"}}"#
        #expect(try event("payment_intent.payment_failed", object).reason == "lost_card")
    }

    @Test func othersAreIgnored() {
        #expect(throws: PaymentEvent.Ignored.self) { try event("customer.created", #"{"id":"cus_1"}"#) }
        #expect(throws: PaymentEvent.Ignored.self) { try event("balance.available", "{}") }
        #expect(throws: DecodingError.self) { try PaymentEvent(stripe: Array("[]".utf8)) }
    }
}

@Suite struct TestCardTests {
    @Test func eachCardHasItsFate() throws {
        #expect(try TestCard.approve.verdict(calls: 1, age: 0) == .approved)
        #expect(try TestCard.decline.verdict(calls: 1, age: 0) == .declined(reason: "card_declined"))
        #expect(try TestCard.insufficientFunds.verdict(calls: 1, age: 0) == .declined(reason: "insufficient_funds"))
        #expect(try TestCard.delay.verdict(calls: 1, age: 0) == .pending)
        #expect(try TestCard.delay.verdict(calls: 2, age: 2) == .approved)
        #expect(throws: GatewayError.self) { try TestCard.transient.verdict(calls: 1, age: 0) }
        #expect(try TestCard.transient.verdict(calls: 2, age: 0) == .approved)
    }
}
