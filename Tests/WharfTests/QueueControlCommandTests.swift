import Jobs
import Testing

@testable import wharf

@Suite struct QueueControlCommandTests {
    @Test func readsARate() throws {
        #expect(try QueueControlCommands.rate("20/s") == .perSecond(20))
        #expect(try QueueControlCommands.rate("off") == .unlimited)
        #expect(try QueueControlCommands.rate("default") == .standard)
    }

    @Test(arguments: ["", "20", "0/s", "-1/s", "1.5/s", "100001/s", "/s", "many/s", "OFF"])
    func refusesWhatIsNoRate(text: String) {
        #expect(throws: UsageError.self) { try QueueControlCommands.rate(text) }
    }
}
