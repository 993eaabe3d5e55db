import Configuration
import Foundation
import Testing

@testable import OTLP
@testable import Observability

@Suite struct SpanBatchTests {
    @Test func spansAreEncodedAsOTLPSaysIt() throws {
        let parent = try #require(TraceContext(traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        let context = parent.child()
        let span = Span(
            name: "GET /a",
            kind: .server,
            context: context,
            start: 1_700_000_000_000_000_000,
            duration: .milliseconds(3),
            attributes: ["http.response.status_code": 503, "http.route": "/a", "sampled": true, "share": 0.5],
            error: "503"
        )
        let data = try JSONEncoder().encode(SpanBatch([span], resource: ["service.name": "api"]))
        let expected = """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"api"}}]},
            "scopeSpans":[{"scope":{"name":"wharf"},"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",
            "spanId":"\(context.spanID)","parentSpanId":"b7ad6b7169203331","name":"GET /a","kind":2,
            "startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000003000000","attributes":[
            {"key":"error.type","value":{"stringValue":"503"}},
            {"key":"http.response.status_code","value":{"intValue":"503"}},
            {"key":"http.route","value":{"stringValue":"/a"}},
            {"key":"sampled","value":{"boolValue":true}},{"key":"share","value":{"doubleValue":0.5}}],
            "status":{"code":2,"message":"503"}}]}]}]}
            """
        func decode(_ data: Data) throws -> NSDictionary? {
            try JSONSerialization.jsonObject(with: data) as? NSDictionary
        }
        #expect(try decode(data) == decode(Data(expected.utf8)))
    }
}

@Suite struct TracingSettingsTests {
    @Test func withoutACollectorNothingRuns() throws {
        #expect(try Environment([:]).tracing("api") as Any? == nil)
    }

    @Test(arguments: [
        ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_TRACES_SAMPLER_ARG", "2"), ("OTEL_TRACES_SAMPLER_ARG", "half"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization"), ("OTEL_RESOURCE_ATTRIBUTES", "=x"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ])
    func badValuesAreNamed(name: String, value: String) throws {
        let error = #expect(throws: SettingError.self) { try Environment([name: value]).tracing("api") }
        #expect(error?.name == name)
    }

    @Test func pairsArePercentDecoded() throws {
        #expect(
            try SettingParsers.pairs("a=1, authorization=Bearer%20x=y,") == ["a": "1", "authorization": "Bearer x=y"]
        )
    }
}
