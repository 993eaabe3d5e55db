import Testing

@testable import DeadLetters

@Suite struct ReplayPacerTests {
    @Test func spacesStartsEvenlyAndSavesNothingUp() {
        let now = ContinuousClock.now
        var pacer = ReplayPacer(perSecond: 20)
        #expect(pacer.delay(at: now) == .zero)
        #expect(pacer.delay(at: now) == .milliseconds(50))
        #expect(pacer.delay(at: now) == .milliseconds(100))
        #expect(pacer.delay(at: now + .milliseconds(120)) == .milliseconds(30))
        // After a pause, one may go at once, and the next waits again.
        #expect(pacer.delay(at: now + .seconds(10)) == .zero)
        #expect(pacer.delay(at: now + .seconds(10)) == .milliseconds(50))
    }
}
