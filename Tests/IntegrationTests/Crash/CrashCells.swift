import Lifecycle
import TestSupport

/// One cell of the matrix: a program, and a failpoint that it comes by.
struct CrashCell: Sendable, CustomStringConvertible {
    let program: TestShop.Program
    let failpoint: FailpointName

    var description: String { "\(program.rawValue) at \(failpoint.rawValue)" }

    static func all(of program: TestShop.Program) -> [CrashCell] {
        FailpointName.allCases.filter { $0.programs.contains(program) }.map {
            CrashCell(program: program, failpoint: $0)
        }
    }

    /// The hits at which the program is killed, one kill after another. A later hit dies with others finished before it
    /// and others in flight beside it.
    var hits: [Int] {
        switch failpoint {
        case _ where program == .api: [2, 12]
        // Suspects are few: those that were in flight at two kills.
        case .jobMidSuspect: [1]
        // The relay takes what is due in one batch, and then waits a second for more.
        case .relayAfterClaim: [1, 2]
        case .outboxAfterConfirm: [1, 2]
        default: [1, 4]
        }
    }
}

extension FailpointName {
    /// Who comes by this failpoint. A switch, so that a new failpoint without its cells does not compile.
    var programs: [TestShop.Program] {
        switch self {
        case .outboxAfterCommit: [.api, .orders]
        case .outboxAfterPublish, .outboxAfterConfirm: [.api, .orders, .relay]
        case .relayAfterClaim: [.relay]
        case .jobAfterCommit: [.orders]
        case .jobBeforeAck, .jobMidRetry, .jobMidSuspect, .jobMidDeadLetter: [.orders, .search, .email]
        case .mailAfterSend: [.email]
        case .searchAfterBulk: [.search]
        // The load pays nothing: PaymentTests kills worker-orders there.
        case .paymentBeforeCall, .paymentAfterCall: []
        // The operator's tool, which serves no load: DeadReplayTests kills it there.
        case .deadMidReplay: []
        }
    }
}
