import Lifecycle
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct ServiceGroupTests {
    /// Runs until cancelled, then does what it was made for; writes down when it stopped.
    private struct Probe: Service {
        let name: String
        let journal: Lock<[String]>
        var started: AsyncStream<Void>.Continuation?
        var atStop: @Sendable () async throws -> Void = {}

        func run() async throws {
            started?.yield()
            let (never, _) = AsyncStream.makeStream(of: Never.self)
            for await _ in never {}
            journal.withLock { $0.append(name) }
            try await atStop()
        }
    }

    private struct Ending: Service {
        let body: @Sendable () async throws -> Void
        func run() async throws { try await body() }
    }

    private struct Oops: Error {}

    @Test func cancellationStopsInReverseOrder() async throws {
        let journal = Lock<[String]>([])
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let group = ServiceGroup(
            ["a", "b", "c"].map { ($0, Probe(name: $0, journal: journal, started: started)) },
            handlesSignals: false
        )
        let running = Task { try await group.run() }
        var count = 0
        for await _ in starts {
            count += 1
            if count == 3 { break }
        }
        running.cancel()
        try await running.value
        #expect(journal.withLock { $0 } == ["c", "b", "a"])
    }

    @Test func aServiceThatEndsByItselfStopsTheGroupQuietly() async throws {
        let journal = Lock<[String]>([])
        let group = ServiceGroup(
            [
                ("a", Probe(name: "a", journal: journal)), ("short", Ending {}),
                ("b", Probe(name: "b", journal: journal)),
            ],
            handlesSignals: false
        )
        try await group.run()
        #expect(journal.withLock { $0 } == ["b", "a"])
    }

    @Test func theFirstFailureIsThrownAfterTheOthersStopped() async throws {
        let journal = Lock<[String]>([])
        let group = ServiceGroup(
            [
                ("a", Probe(name: "a", journal: journal)),
                ("bad", Ending { throw Oops() }),
                // What a service throws when told to stop is logged, and is not the group's failure.
                ("b", Probe(name: "b", journal: journal, atStop: { throw CancellationError() })),
            ],
            handlesSignals: false
        )
        let error = await #expect(throws: ServiceGroupError.self) { try await group.run() }
        guard case .failed("bad", is Oops)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(journal.withLock { $0 } == ["b", "a"])
    }

    @Test func graceIsSharedAndNamesWhatIsLeft() async throws {
        let journal = Lock<[String]>([])
        let (release, releaser) = AsyncStream.makeStream(of: Never.self)
        let group = ServiceGroup(
            [
                ("a", Probe(name: "a", journal: journal)),
                (
                    "slow",
                    Probe(name: "slow", journal: journal) {
                        // Uncancelled, so that it really outlives its cancellation.
                        await Task { for await _ in release {} }.value
                    }
                ),
                ("trigger", Ending {}),
            ],
            gracePeriod: .milliseconds(20),
            handlesSignals: false
        )
        let error = await #expect(throws: ServiceGroupError.self) { try await group.run() }
        #expect(error?.description == "not stopped within the grace period: slow, a")
        releaser.finish()
    }

    @Test func anEmptyGroupReturns() async throws {
        try await ServiceGroup([], handlesSignals: false).run()
    }
}
