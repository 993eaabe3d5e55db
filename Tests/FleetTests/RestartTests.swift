import Foundation
import Lifecycle
import Testing

@testable import Fleet

@Suite struct RestartTests {
    private let policy = RestartPolicy(
        backoff: Backoff(base: .seconds(1), cap: .seconds(8)),
        wellAfter: .seconds(10)
    )

    @Test func waitsDoubleUpToTheCap() {
        var state = RestartState(policy: policy)
        let waits = (0..<6).map { _ in state.decide(after: .status(1), ranFor: .seconds(2)) }
        #expect(waits == [1, 2, 4, 8, 8, 8].map { .restart(after: .seconds($0)) })
    }

    @Test func aProcessThatRanAWhileStartsAfresh() {
        var state = RestartState(policy: policy)
        for _ in 0..<4 { _ = state.decide(after: .signal(SIGSEGV), ranFor: .zero) }
        #expect(state.decide(after: .signal(SIGKILL), ranFor: .seconds(10)) == .restart(after: .seconds(1)))
        #expect(state.decide(after: .signal(SIGKILL), ranFor: .seconds(9)) == .restart(after: .seconds(2)))
    }

    @Test func evenAQuietEndIsRestarted() {
        var state = RestartState(policy: policy)
        #expect(state.decide(after: .status(0), ranFor: .seconds(60)) == .restart(after: .seconds(1)))
    }

    @Test(arguments: [78, 126, 127] as [Int32])
    func whatCannotHealIsGivenUp(_ status: Int32) {
        var state = RestartState(policy: policy)
        #expect(state.decide(after: .status(status), ranFor: .seconds(60)) == .giveUp)
    }

    @Test func waitStatusesAreRead() {
        #expect(ProcessExit(waitStatus: 0) == .status(0))
        #expect(ProcessExit(waitStatus: 3 << 8) == .status(3))
        #expect(ProcessExit(waitStatus: SIGKILL) == .signal(SIGKILL))
        // Bit 7 says that a core was dumped.
        #expect(ProcessExit(waitStatus: SIGSEGV | 0x80) == .signal(SIGSEGV))
        #expect(ProcessExit.signal(SIGSEGV).description == "killed by SIGSEGV")
    }
}
