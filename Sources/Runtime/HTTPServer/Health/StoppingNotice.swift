import Lifecycle

/// Tells load balancers, before anything else stops: the last of a program's services, and so the first to be stopped.
package struct StoppingNotice: Service {
    private let readiness: Readiness

    package init(readiness: Readiness) { self.readiness = readiness }

    package func run() async throws {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3_600)) }
        readiness.beginStopping()
    }
}
