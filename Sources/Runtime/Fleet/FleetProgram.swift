import Lifecycle
import Threading

/// One program of the Procfile: as many processes of it as it is to have now.
final class FleetProgram: Service {
    /// Makes the process of a number, counted from 1.
    typealias Make =
        @Sendable (
            _ number: Int, _ drain: DrainOrder, _ onEvent: @escaping @Sendable (FleetEvent) -> Void
        ) -> FleetProcess

    fileprivate struct Process {
        var status: FleetStatus.Process
        let drain: DrainOrder
    }

    fileprivate struct State {
        var processes: [Int: Process] = [:]
        var isRunning = false
    }

    let name: String
    private let drainPeriod: Duration
    private let make: Make
    private let onEvent: @Sendable (FleetEvent) -> Void
    private let state = Lock(State())
    private let starts: AsyncStream<Int>
    private let start: AsyncStream<Int>.Continuation

    /// - Parameters:
    ///   - count: processes that it starts with.
    ///   - drainPeriod: how long a process gets to finish what it does when there are too many.
    init(
        name: String,
        count: Int,
        drainPeriod: Duration,
        onEvent: @escaping @Sendable (FleetEvent) -> Void,
        make: @escaping Make
    ) {
        self.name = name
        self.drainPeriod = drainPeriod
        self.make = make
        self.onEvent = onEvent
        (starts, start) = AsyncStream.makeStream(of: Int.self)
        scale(to: count, busy: [:])
    }

    /// Keeps the processes running until cancelled, and then returns when all have stopped.
    ///
    /// - Throws: ``FleetError`` when one cannot be kept running.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await number in starts {
                group.addTask { [self] in
                    do {
                        try await run(number)
                    } catch let error as FleetError {
                        // The group waits for this loop.
                        start.finish()
                        throw error
                    }
                }
            }
        }
    }

    private func run(_ number: Int) async throws {
        guard let drain = state.withLock({ $0.processes[number]?.drain }) else { return }
        defer { state.withLock { $0.processes[number] = nil } }
        do {
            try await make(number, drain) { [self] in note($0, of: number) }.run()
        } catch is CancellationError {
            // The fleet stops while it waits for its next start.
        }
    }

    private func note(_ event: FleetEvent, of number: Int) {
        state.withLock { state in
            switch event {
            case .started(_, let processID, let port):
                state.processes[number]?.status.processID = processID
                state.processes[number]?.status.metricsPort = port
                state.processes[number]?.status.state = .starting
            case .ready:
                if state.processes[number]?.status.state == .starting {
                    state.processes[number]?.status.state = .ready
                }
            case .restarting: state.processes[number]?.status.state = .waiting
            default: break
            }
        }
        onEvent(event)
    }

    /// What there is of it, those included that are finishing.
    var processes: [FleetStatus.Process] {
        state.withLock { state in
            state.processes.sorted { $0.key < $1.key }.map { number, process in
                var status = process.status
                if process.drain.isGiven { status.state = .draining }
                return status
            }
        }
    }

    /// Processes that are not finishing.
    var count: Int { state.withLock { $0.staying.count } }

    /// Starts processes, or has some finish: first those that run nothing, and of these the newest.
    ///
    /// - Parameter busy: jobs that run, by the process's id; a process that is not named runs none.
    func scale(to count: Int, busy: [Int32: Int]) {
        let drained = state.withLock { state -> [Process] in
            var staying = state.staying
            if staying.count <= count {
                var number = 1
                for _ in staying.count..<count {
                    while state.processes[number] != nil { number += 1 }
                    state.processes[number] = Process(status: .init(number: number), drain: DrainOrder())
                    start.yield(number)
                }
                return []
            }
            staying.sort { one, other in
                let load = (one.jobs(busy), other.jobs(busy))
                return load.0 == load.1 ? one.status.number > other.status.number : load.0 < load.1
            }
            return Array(staying.prefix(staying.count - count))
        }
        for process in drained {
            process.drain.give(grace: drainPeriod)
            onEvent(.stopping(name: Self.processName(name, process.status.number)))
        }
    }

    /// The first process has the program's name, the others a number behind it.
    static func processName(_ program: String, _ number: Int) -> String {
        number == 1 ? program : "\(program).\(number)"
    }
}

extension FleetProgram.State {
    fileprivate var staying: [FleetProgram.Process] { processes.values.filter { !$0.drain.isGiven } }
}

extension FleetProgram.Process {
    fileprivate func jobs(_ busy: [Int32: Int]) -> Int { status.processID.flatMap { busy[$0] } ?? 0 }
}
