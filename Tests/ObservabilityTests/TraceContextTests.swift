import Observability
import Testing

@Suite struct TraceContextTests {
    private let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test func itReadsAndWritesTheHeader() throws {
        let trace = try #require(TraceContext(traceparent: valid))
        #expect(trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(trace.spanID == "b7ad6b7169203331")
        #expect(trace.sampled)
        #expect(trace.traceparent == valid)
    }

    @Test(arguments: [
        "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01extra",
    ])
    func itRefusesMalformedHeaders(_ header: String) { #expect(TraceContext(traceparent: header) == nil) }

    @Test func itReadsLaterVersions() throws {
        let trace = try #require(
            TraceContext(traceparent: "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-08-what-comes")
        )
        #expect(!trace.sampled)
        #expect(trace.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    }

    @Test func newOnesAreValidAndChildrenStayInTheTrace() throws {
        for _ in 0..<200 {
            let trace = TraceContext.new()
            #expect(TraceContext(traceparent: trace.traceparent) == trace)
            let child = trace.child()
            #expect(child.traceID == trace.traceID)
            #expect(child.spanID != trace.spanID)
        }
    }
}
