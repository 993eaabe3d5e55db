import Synchronization

/// Counts what a pool's connections sent, so that a test can say how many round trips an operation needs.
final class TrafficMeter: Sendable {
    private let roundTripCount = Atomic(0)
    private let statementCount = Atomic(0)

    func count(statements: Int) {
        roundTripCount.wrappingAdd(1, ordering: .relaxed)
        statementCount.wrappingAdd(statements, ordering: .relaxed)
    }

    var roundTrips: Int { roundTripCount.load(ordering: .relaxed) }
    var statements: Int { statementCount.load(ordering: .relaxed) }
}
