import Foundation
public import Observability

/// Runs a program's services and stops them in order.
///
/// They start in the order given and are stopped in the reverse order, one after another, so that each may lean on those
/// before it until its own end. All stops share one grace period. The group stops when SIGTERM or SIGINT arrives, when
/// the surrounding task is cancelled, or when any service ends by itself. A second signal exits the process at once with
/// 128 + the signal's number, as a shell would report it.
public struct ServiceGroup: Sendable {
    private let services: [(name: String, service: any Service)]
    private let gracePeriod: Duration
    private let logger: Logger
    private let handlesSignals: Bool

    /// - Parameters:
    ///   - services: in start order.
    ///   - gracePeriod: how long all of them together may take to stop.
    ///   - handlesSignals: `false` when the group is a part of something that handles them itself.
    public init(
        _ services: [(name: String, service: any Service)],
        gracePeriod: Duration = .seconds(25),
        logger: Logger = Logger(label: "lifecycle"),
        handlesSignals: Bool = true
    ) {
        self.services = services
        self.gracePeriod = gracePeriod
        self.logger = logger
        self.handlesSignals = handlesSignals
    }

    /// Returns when all services have stopped.
    ///
    /// - Throws: ``ServiceGroupError/failed(service:underlying:)`` when a service threw by itself,
    ///   ``ServiceGroupError/graceExceeded(services:)`` when some did not stop in time: they still run then, and the
    ///   process is expected to exit.
    public func run() async throws(ServiceGroupError) {
        guard !services.isEmpty else { return }
        let (events, continuation) = AsyncStream.makeStream(of: ServiceGroupState.Event.self)
        if handlesSignals {
            TerminationSignals.watch([SIGTERM, SIGINT]) { signal in continuation.yield(.signal(signal)) }
        }
        let tasks = services.enumerated().map { index, member in
            Task {
                do {
                    try await member.service.run()
                    continuation.yield(.ended(index, nil))
                } catch {
                    continuation.yield(.ended(index, error))
                }
            }
        }
        logger.info("Services started", [.name: .string(services.map(\.name).joined(separator: " "))])
        // A task of its own: in a cancelled one the stream would end, and the services could not be seen stopping.
        let control = Task { await self.control(tasks, by: events) { continuation.yield(.graceOver) } }
        let failure = await withTaskCancellationHandler {
            await control.value
        } onCancel: {
            continuation.yield(.cancelled)
        }
        if let failure { throw failure }
        logger.info("Services stopped")
    }

    /// Carries out what ``ServiceGroupState`` decides until it says that all is over.
    private func control(
        _ tasks: [Task<Void, Never>],
        by events: AsyncStream<ServiceGroupState.Event>,
        onGraceOver: @escaping @Sendable () -> Void
    ) async -> ServiceGroupError? {
        var state = ServiceGroupState(names: services.map(\.name))
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        for await event in events {
            log(event, isStopping: state.isStopping)
            for action in state.handle(event) {
                switch action {
                case .startGracePeriod:
                    timer = Task { [gracePeriod] in
                        // Throws when everything stopped in time and the timer was cancelled.
                        guard (try? await Task.sleep(for: gracePeriod)) != nil else { return }
                        onGraceOver()
                    }
                case .cancel(let index):
                    logger.info("Stopping service", [.name: "\(services[index].name)"])
                    tasks[index].cancel()
                case .finish(let failure):
                    return failure
                }
            }
        }
        return nil
    }

    private func log(_ event: ServiceGroupState.Event, isStopping: Bool) {
        switch event {
        case .signal(let number):
            logger.notice("Signal received, stopping; a second one exits at once", [.signal: .int(Int(number))])
        case .cancelled:
            logger.info("Service group cancelled, stopping")
        case .ended(let index, let error):
            let name: LogValue = "\(services[index].name)"
            switch error {
            case nil where isStopping: logger.info("Service stopped", [.name: name])
            case nil: logger.notice("Service ended by itself, stopping the others", [.name: name])
            case is CancellationError where isStopping: logger.info("Service stopped", [.name: name])
            case let error? where isStopping:
                logger.warning("Service failed while stopping", [.name: name, .error: .describing(error)])
            case let error?:
                logger.error("Service failed, stopping the others", [.name: name, .error: .describing(error)])
            }
        case .graceOver:
            logger.error("Grace period over, leaving what has not stopped")
        }
    }
}
