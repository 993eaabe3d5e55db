package import Observability

/// What was built.
package enum Build {
    package static let version = "0.1.0"

    #if DEBUG
    package static let configuration = "debug"
    #else
    package static let configuration = "release"
    #endif

    /// Shows what runs on `/metrics`.
    package static func registerMetric(program: String, in registry: MetricsRegistry = .shared) {
        registry.gauge(
            "wharf_build_info",
            help: "Always 1; the labels say what runs.",
            labels: ["program": program, "version": version, "configuration": configuration]
        ).set(1)
    }
}
