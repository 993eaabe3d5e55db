import Testing

@testable import Topology

@Suite struct HoldingTests {
    /// A job waits for the run before it, and then runs itself: half of what the broker allows is all a deadline may be.
    @Test(arguments: [(1, false), (900, false), (901, true), (86_400, true)])
    func longDeadlinesAreWarnedOf(deadline: Int, isWarned: Bool) throws {
        let queue = try QueueDefinition(name: "q", bindings: ["job"], deadlineSeconds: deadline)
        #expect((queue.warning != nil) == isWarned)
        #expect(queue.warning?.contains("\(2 * deadline) s") ?? true)
    }
}
