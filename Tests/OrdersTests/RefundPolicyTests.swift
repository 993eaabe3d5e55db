import Foundation
import Testing
import Validation

@testable import Orders

@Suite struct RefundPolicyTests {
    @Test func withoutAnAmountItIsWhatIsLeft() throws {
        #expect(try RefundPolicy.amount(nil, of: LockedOrder(status: .shipped, refundedAmount: 300)) == 700)
        #expect(try RefundPolicy.amount(700, of: LockedOrder(status: .shipped, refundedAmount: 300)) == 700)
    }

    @Test func neverMoreThanIsLeft() {
        let order = LockedOrder(status: .delivered, refundedAmount: 300)
        #expect(throws: OrderError.refundTooLarge(left: 700)) { try RefundPolicy.amount(701, of: order) }
        let refunded = LockedOrder(status: .delivered, refundedAmount: 1_000)
        #expect(throws: OrderError.refundTooLarge(left: 0)) { try RefundPolicy.amount(nil, of: refunded) }
    }

    @Test(arguments: [Order.Status.pending, .cancelled, .refunded])
    func onlyFromStatesWithAnEdge(_ status: Order.Status) {
        #expect(throws: OrderError.forbiddenStep(from: status, to: .refunded)) {
            try RefundPolicy.amount(1, of: LockedOrder(status: status))
        }
    }

    @Test(arguments: [Order.PaymentStatus.pending, .declined, .voided])
    func whatNobodyPaidIsNotGivenBack(_ status: Order.PaymentStatus) {
        #expect(throws: OrderError.notPaid) {
            try RefundPolicy.amount(1, of: LockedOrder(status: .confirmed, paymentStatus: status))
        }
    }

    @Test func whatCostNothingIsRefundedByItsStateAlone() throws {
        #expect(try RefundPolicy.amount(nil, of: LockedOrder(status: .confirmed, totalAmount: 0)) == 0)
    }

    @Test func onlyTheLastRefundCompletesTheOrder() {
        let order = LockedOrder(status: .shipped, refundedAmount: 1_000)
        let part = Refund(id: "r", amount: 400, reason: "late", createdAt: Date())
        #expect(!RefundPolicy.completes(part, order, doneBefore: 0))
        #expect(RefundPolicy.completes(part, order, doneBefore: 600))
    }

    @Test func aRequestSaysWhyAndHowMuch() throws {
        #expect(throws: ValidationError.self) { try RefundRequest(amount: 0, reason: "x") }
        #expect(throws: ValidationError.self) { try RefundRequest(amount: 1, reason: " ") }
        let number = try #require(OrderNumber(rawValue: "W-261121-7K3MX9QD"))
        let other = try #require(OrderNumber(rawValue: "W-261121-7K3MX9QE"))
        let request = try RefundRequest(amount: 5, reason: "late")
        #expect(request.fingerprint(number) == (try RefundRequest(amount: 5, reason: " late ")).fingerprint(number))
        #expect(request.fingerprint(number) != request.fingerprint(other))
        #expect(request.fingerprint(number) != (try RefundRequest(amount: nil, reason: "late")).fingerprint(number))
    }
}
