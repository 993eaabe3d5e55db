import Fleet

/// What a fleet is doing, for people.
enum FleetText {
    static func status(_ status: FleetStatus) -> String {
        var processes = Table(["process", "state", "pid", "metrics", "running"])
        var queues = Table([
            "queue", "program", "asks", "why", "min", "max", "ready", "unacked", "in_per_second", "per_worker", "wait",
            "target",
        ])
        for program in status.programs {
            for process in program.processes {
                processes.append([
                    .text(process.name(of: program.program)),
                    .text(process.state.rawValue), process.processID.map { .number(Int($0)) } ?? .missing,
                    process.metricsPort.map { .text("http://127.0.0.1:\($0)/metrics") } ?? .missing,
                    program.isScaled ? .number(process.running) : .missing,
                ])
            }
            for queue in program.queues {
                queues.append([
                    .text(queue.queue), .text(program.program), .number(queue.workers), .text(queue.cause),
                    .number(queue.min), .number(queue.max), .number(queue.ready), .number(queue.unacked),
                    .text("\(queue.arrivalsPerSecond)"), queue.perWorkerPerSecond.map { .text("\($0)") } ?? .missing,
                    .text("\(queue.waitSeconds) s"), .text("\(queue.targetWaitSeconds) s"),
                ])
            }
        }
        let parts = [
            processes.aligned(), queues.isEmpty ? nil : queues.aligned(),
            status.problem.map { "Nothing is scaled: \(printable($0))" },
        ]
        return parts.compactMap(\.self).joined(separator: "\n\n")
    }
}
