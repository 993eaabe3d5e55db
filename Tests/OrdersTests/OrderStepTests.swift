import Testing

@testable import Orders

@Suite struct OrderStepTests {
    private static let parcel = OrderStep.ship(carrier: "C", trackingNumber: "T")

    /// Every state × every step, the whole table: a new edge has to be written here too.
    @Test func onlyTheEdgesOfTheStateMachineAreTaken() {
        let taken: [Order.Status: [Order.Status]] = [
            .pending: [.cancelled], .confirmed: [.shipped, .cancelled], .shipped: [.delivered],
        ]
        for status in Order.Status.allCases {
            let order = LockedOrder(status: status)
            let targets = [Self.parcel, .deliver, .cancel(reason: nil)].filter { $0.decide(order) == .take }.map(
                \.target
            )
            #expect(targets == taken[status] ?? [], "\(status)")
        }
    }

    @Test func aStepThatWasTakenIsNotRefused() {
        let delivered = LockedOrder(status: .delivered, wasShipped: true, wasDelivered: true)
        #expect(Self.parcel.decide(delivered) == .takenBefore)
        #expect(OrderStep.deliver.decide(delivered) == .takenBefore)
        #expect(OrderStep.cancel(reason: nil).decide(delivered) == .refuse)
        #expect(OrderStep.cancel(reason: nil).decide(LockedOrder(status: .cancelled)) == .takenBefore)
        // Refunded before it left: it was never shipped.
        #expect(Self.parcel.decide(LockedOrder(status: .refunded)) == .refuse)
        #expect(Self.parcel.decide(LockedOrder(status: .refunded, wasShipped: true)) == .takenBefore)
    }

    @Test func actorsAreReadAsTheyAreWritten() {
        for actor in [OrderActor.customer(7), .staff(8), .job("orders.expire"), .job("user:x"), .job("")] {
            #expect(OrderActor(rawValue: actor.rawValue) == actor)
        }
        #expect(OrderActor(rawValue: "admin:8") == .staff(8))
    }
}
