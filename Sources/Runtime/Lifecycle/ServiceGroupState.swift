/// Why a ``ServiceGroup`` did not end well.
public enum ServiceGroupError: Error, CustomStringConvertible {
    /// A service threw although nobody had asked it to stop.
    case failed(service: String, underlying: any Error)
    /// These services had not stopped when the grace period was over.
    case graceExceeded(services: [String])

    public var description: String {
        switch self {
        case .failed(let service, let underlying): "\(service) failed: \(underlying)"
        case .graceExceeded(let services): "not stopped within the grace period: \(services.joined(separator: ", "))"
        }
    }
}

/// What a ``ServiceGroup`` does next, decided without doing it.
struct ServiceGroupState {
    enum Event {
        case signal(Int32)
        case cancelled
        case ended(Int, (any Error)?)
        case graceOver
    }

    enum Action {
        case startGracePeriod
        case cancel(Int)
        case finish(ServiceGroupError?)
    }

    private let names: [String]
    private var running: Set<Int>
    /// Which services were told to stop: what they throw afterwards is not the group's failure.
    private var told: Set<Int> = []
    private var failure: ServiceGroupError?
    private(set) var isStopping = false

    init(names: [String]) {
        self.names = names
        running = Set(names.indices)
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .signal, .cancelled:
            return isStopping ? [] : beginStopping()
        case .ended(let index, let error):
            running.remove(index)
            if let error, !told.contains(index), failure == nil {
                failure = .failed(service: names[index], underlying: error)
            }
            return isStopping ? stopNext() : beginStopping()
        case .graceOver:
            guard !running.isEmpty else { return [] }
            let left = running.sorted(by: >)
            let exceeded = ServiceGroupError.graceExceeded(services: left.map { names[$0] })
            return left.filter { !told.contains($0) }.map(Action.cancel) + [.finish(failure ?? exceeded)]
        }
    }

    private mutating func beginStopping() -> [Action] {
        isStopping = true
        return running.isEmpty ? [.finish(failure)] : [.startGracePeriod] + stopNext()
    }

    /// The last of the running ones, once the one told before has ended.
    private mutating func stopNext() -> [Action] {
        guard let last = running.max() else { return [.finish(failure)] }
        guard told.insert(last).inserted else { return [] }
        return [.cancel(last)]
    }
}
