import Foundation
import Testing

@testable import Orders

@Suite struct OrderEventTests {
    private func event(_ kind: String, _ detail: EventDetail = [:]) -> OrderEvent {
        OrderEvent(id: 1, kind: kind, actor: .staff(7), detail: detail, createdAt: Date(timeIntervalSince1970: 0))
    }

    @Test func customersSeeNoKindThatIsNotNamedForThem() {
        for kind in ["internal_note_added", "refund_requested", "step_refused", "stock_mismatch", "anything new"] {
            #expect(event(kind, ["reason": "fraud?"]).forCustomer == nil)
        }
    }

    @Test func customersSeeTheNamedFieldsAndNoOthers() throws {
        let shipped = event("shipped", ["carrier": "DHL", "tracking_number": "1", "shelf": "B7"])
        #expect(try #require(shipped.forCustomer).detail == ["carrier": "DHL", "tracking_number": "1"])
        let refunded = event("refunded", ["amount": 5, "reason": "goodwill", "currency": "EUR"])
        #expect(try #require(refunded.forCustomer).detail == ["amount": 5, "currency": "EUR"])
    }

    @Test func everyStateIsPublic() {
        for status in Order.Status.allCases where status != .pending {
            #expect(OrderEvent.publicKinds.contains(status.rawValue))
        }
    }

    @Test func aDetailIsReadWhateverItHolds() throws {
        let json = #"{"a": "x", "b": 3, "c": true, "d": null, "e": {"deep": 1}, "f": [1]}"#
        let detail = try JSONDecoder().decode(EventDetail.self, from: Data(json.utf8))
        #expect(detail == ["a": "x", "b": 3, "c": .boolean(true), "d": .null, "e": .null, "f": .null])
    }
}
