package import Configuration
import Foundation
package import Lifecycle
import Observability

/// Tracing's settings, by the names and meanings of OpenTelemetry's specification.
extension Settings {
    package static let otlpEndpoint = Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "an OpenTelemetry collector that takes OTLP/HTTP in JSON; spans go to its /v1/traces",
        example: "http://localhost:4318",
        isOptional: true,
        parse: SettingParsers.url("http", "https")
    )
    package static let otlpHeaders = Setting(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "what is sent to the collector along with the spans, name=value with commas between",
        example: "authorization=Bearer%20token",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.pairs
    )
    package static let otelServiceName = Setting(
        "OTEL_SERVICE_NAME",
        "what the program is called in traces, in place of its own name",
        example: "shop-api",
        isOptional: true,
        parse: { text throws(SettingProblem) in text }
    )
    package static let otelResourceAttributes = Setting(
        "OTEL_RESOURCE_ATTRIBUTES",
        "attributes of the program in traces, name=value with commas between",
        example: "deployment.environment.name=production",
        isOptional: true,
        parse: SettingParsers.pairs
    )
    package static let otelTracesSampler: Setting<TraceSampler> = Setting(
        "OTEL_TRACES_SAMPLER",
        "which traces are recorded: \(TraceSampler.allCases.map(\.rawValue).joined(separator: ", "))",
        example: "parentbased_traceidratio",
        default: TraceSampler.parentbased_always_on.rawValue,
        parse: SettingParsers.oneOf(TraceSampler.self)
    )
    package static let otelTracesSamplerArgument = Setting(
        "OTEL_TRACES_SAMPLER_ARG",
        "the share of traces, 0 to 1, that a traceidratio sampler records",
        example: "0.1",
        default: "1",
        parse: { text throws(SettingProblem) in
            guard let ratio = Double(text), (0...1).contains(ratio) else {
                throw SettingProblem("it is not a number from 0 to 1")
            }
            return ratio
        }
    )
}

/// The samplers that OpenTelemetry's specification names.
package enum TraceSampler: String, CaseIterable, Sendable {
    // The specification's spelling.
    case always_on, always_off, traceidratio
    case parentbased_always_on, parentbased_always_off, parentbased_traceidratio

    func sampler(_ argument: Double) -> Sampler {
        switch self {
        case .always_on: Sampler(honoursParent: false)
        case .always_off: Sampler(honoursParent: false, ratio: 0)
        case .traceidratio: Sampler(honoursParent: false, ratio: argument)
        case .parentbased_always_on: Sampler()
        case .parentbased_always_off: Sampler(ratio: 0)
        case .parentbased_traceidratio: Sampler(ratio: argument)
        }
    }
}

extension SettingParsers {
    /// `name=value,name=value`, percent-encoded as in the W3C's baggage header.
    package static func pairs(_ text: String) throws(SettingProblem) -> [String: String] {
        var pairs: [String: String] = [:]
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard sides.count == 2, !sides[0].isEmpty, let value = sides[1].removingPercentEncoding else {
                throw SettingProblem("a part of it is no name=value")
            }
            pairs[sides[0]] = value
        }
        return pairs
    }
}

extension Environment {
    /// Turns tracing on where a collector is named.
    ///
    /// - Parameter program: its name, unless `OTEL_SERVICE_NAME` says another.
    /// - Returns: what has to run for spans to reach the collector; nil where tracing is off.
    package func tracing(_ program: String) throws(SettingError) -> (any Service)? {
        // Checked also where they have no effect.
        let sampler = try value(Settings.otelTracesSampler).sampler(try value(Settings.otelTracesSamplerArgument))
        var resource = try optional(Settings.otelResourceAttributes) ?? [:]
        let headers = try optional(Settings.otlpHeaders) ?? [:]
        guard let endpoint = try optional(Settings.otlpEndpoint) else { return nil }
        resource["service.name"] = try optional(Settings.otelServiceName) ?? resource["service.name"] ?? program
        var configuration = SpanExporter.Configuration(
            url: (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        )
        configuration.headers = headers
        configuration.resource = resource
        let exporter = SpanExporter(configuration)
        Tracing.start(sampler) { exporter.record($0) }
        return exporter
    }
}
