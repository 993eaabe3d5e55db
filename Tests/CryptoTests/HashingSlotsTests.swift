import Testing

@testable import Crypto

@Suite struct HashingSlotsTests {
    @Test func grantsThenQueuesThenRefuses() {
        var slots = HashingSlots<String>(slots: 1, maximumWaiting: 2)
        #expect(slots.admit(id: 1, waiter: "a") == .granted(slot: 0))
        #expect(slots.admit(id: 2, waiter: "b") == .waits)
        #expect(slots.admit(id: 3, waiter: "c") == .waits)
        #expect(slots.admit(id: 4, waiter: "d") == .refused)
        #expect(slots.release(slot: 0) == "b")
        #expect(slots.admit(id: 5, waiter: "e") == .waits)
        #expect(slots.release(slot: 0) == "c")
        #expect(slots.release(slot: 0) == "e")
        #expect(slots.release(slot: 0) == nil)
        #expect(slots.admit(id: 6, waiter: "f") == .granted(slot: 0))
    }

    @Test func whoWithdrawsGivesUpTheirPlaceOnce() {
        var slots = HashingSlots<String>(slots: 1, maximumWaiting: 1)
        #expect(slots.admit(id: 1, waiter: "a") == .granted(slot: 0))
        #expect(slots.admit(id: 2, waiter: "b") == .waits)
        #expect(slots.withdraw(id: 2) == "b")
        #expect(slots.withdraw(id: 2) == nil)
        #expect(slots.admit(id: 3, waiter: "c") == .waits)
        #expect(slots.release(slot: 0) == "c")
    }
}
