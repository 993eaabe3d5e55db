import Foundation
import Observability

/// Finished spans as OTLP/HTTP takes them in JSON.
///
/// Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: ids in hex, 64-bit integers as strings.
struct SpanBatch: Encodable {
    private struct ResourceSpans: Encodable {
        let resource: Resource
        let scopeSpans: [ScopeSpans]
    }

    private struct Resource: Encodable {
        let attributes: [Attribute]
    }

    private struct ScopeSpans: Encodable {
        struct Scope: Encodable {
            let name: String
        }

        let scope: Scope
        let spans: [EncodedSpan]
    }

    private struct EncodedSpan: Encodable {
        struct Status: Encodable {
            /// STATUS_CODE_ERROR
            let code = 2
            let message: String
        }

        let traceId: String
        let spanId: String
        let parentSpanId: String?
        let name: String
        let kind: Int
        let startTimeUnixNano: String
        let endTimeUnixNano: String
        let attributes: [Attribute]
        let status: Status?

        init(_ span: Span) {
            traceId = span.context.traceID
            spanId = span.context.spanID
            parentSpanId = span.context.parentSpanID
            name = span.name
            kind = span.kind.rawValue
            startTimeUnixNano = String(span.start)
            endTimeUnixNano = String(span.start + Int64(span.duration / .nanoseconds(1)))
            var attributes = span.attributes
            if let error = span.error { attributes["error.type"] = .string(error) }
            self.attributes = attributes.sorted { $0.key < $1.key }.map(Attribute.init)
            status = span.error.map(Status.init)
        }
    }

    private struct Attribute: Encodable {
        struct Value: Encodable {
            var stringValue: String?
            var intValue: String?
            var doubleValue: Double?
            var boolValue: Bool?
        }

        let key: String
        let value: Value

        init(key: String, value: LogValue) {
            self.key = key
            self.value =
                switch value {
                case .string(let text): Value(stringValue: text)
                case .int(let number): Value(intValue: String(number))
                case .double(let number): Value(doubleValue: number)
                case .bool(let flag): Value(boolValue: flag)
                }
        }
    }

    private let resourceSpans: [ResourceSpans]

    /// - Parameter resource: attributes of the program that the spans come from.
    init(_ spans: [Span], resource: [String: String]) {
        let attributes = resource.sorted { $0.key < $1.key }.map { Attribute(key: $0.key, value: .string($0.value)) }
        let scope = ScopeSpans(scope: .init(name: "wharf"), spans: spans.map(EncodedSpan.init))
        resourceSpans = [ResourceSpans(resource: Resource(attributes: attributes), scopeSpans: [scope])]
    }
}
