import Testing

@testable import Observability

@Suite struct SamplerTests {
    private func caller(_ lowerHalf: String, sampled: Bool) throws -> TraceContext {
        try #require(
            TraceContext(traceparent: "00-0af7651916cd43dd\(lowerHalf)-b7ad6b7169203331-0\(sampled ? 1 : 0)")
        )
    }

    @Test func aShareOfTheNewTracesIsRecorded() {
        let quarter = Sampler(ratio: 0.25)
        #expect(quarter.samples(0x3fff_ffff_ffff_ffff))
        #expect(!quarter.samples(0x4000_0000_0000_0000))
        #expect(Sampler().samples(.max))
        #expect(!Sampler(ratio: 0).samples(1))
    }

    @Test func whatTheCallerDecidedStands() throws {
        let never = Sampler(ratio: 0)
        #expect(never.samples(try caller("8448eb211c80319c", sampled: true)))
        #expect(!Sampler().samples(try caller("8448eb211c80319c", sampled: false)))
    }

    @Test func withoutRegardForTheCallerTheTracesIDDecides() throws {
        let half = Sampler(honoursParent: false, ratio: 0.5)
        #expect(half.samples(try caller("7fffffffffffffff", sampled: false)))
        #expect(!half.samples(try caller("8000000000000000", sampled: true)))
    }

    @Test func aChildNamesItsParent() throws {
        let caller = try caller("8448eb211c80319c", sampled: true)
        let continued = try #require(TraceContext.continuing(caller.traceparent))
        #expect(continued.parentSpanID == caller.spanID)
        #expect(continued.traceID == caller.traceID)
        #expect(continued.child().parentSpanID == continued.spanID)
        #expect(TraceContext.continuing("nonsense") == nil)
        #expect(TraceContext.continuing(nil) == nil)
    }
}
