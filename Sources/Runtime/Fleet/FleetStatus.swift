/// What a fleet is doing, as it tells it on `/fleet`.
package struct FleetStatus: Sendable, Equatable, Codable {
    package struct Process: Sendable, Equatable, Codable {
        package enum State: String, Sendable, Codable, CaseIterable {
            case starting
            /// Its `/health/ready` has answered 200.
            case ready
            /// It ended by itself and is about to be started again.
            case waiting
            /// It has been told to finish what it does and to end.
            case draining
        }

        /// From 1, among the processes of its program.
        package let number: Int
        package var state = State.starting
        package var processID: Int32?
        package var metricsPort: Int?
        /// Jobs that it ran at the last look.
        package var running = 0

        init(number: Int) { self.number = number }

        /// As in the fleet's output.
        package func name(of program: String) -> String { FleetProgram.processName(program, number) }

        private enum CodingKeys: String, CodingKey {
            case number, state, running
            case processID = "pid"
            case metricsPort = "metrics_port"
        }
    }

    package struct Queue: Sendable, Equatable, Codable {
        package let queue: String
        /// Workers that it asks for.
        package let workers: Int
        /// Why it asks for so many.
        package let cause: String
        package let min: Int
        package let max: Int
        /// What an operator said; `nil` leaves it to the policy.
        package let fixed: Int?
        package let ready: Int
        package let unacked: Int
        package let arrivalsPerSecond: Double
        /// What one worker does when it has enough to do; `nil` before that was measured.
        package let perWorkerPerSecond: Double?
        package let waitSeconds: Double
        package let targetWaitSeconds: Int

        private enum CodingKeys: String, CodingKey {
            case queue, workers, cause, min, max, fixed, ready, unacked
            case arrivalsPerSecond = "arrivals_per_second"
            case perWorkerPerSecond = "per_worker_per_second"
            case waitSeconds = "wait_seconds"
            case targetWaitSeconds = "target_wait_seconds"
        }
    }

    package struct Program: Sendable, Equatable, Codable {
        package let program: String
        /// Processes that it is to have.
        package let wanted: Int
        /// Whether a policy decides that.
        package let isScaled: Bool
        package let processes: [Process]
        /// Empty before the first look.
        package let queues: [Queue]

        private enum CodingKeys: String, CodingKey {
            case program, wanted, processes, queues
            case isScaled = "scaled"
        }
    }

    /// In the Procfile's order.
    package var programs: [Program]
    /// Why nobody decides at the moment; `nil` when somebody does.
    package var problem: String?
}
