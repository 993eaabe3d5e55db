import Foundation
import Jobs
import JobsAMQP
import WorkerProgram

/// The worker and the customers of a flash sale whose jobs wait instead of computing, so that a machine of two cores shows
/// how `wharf fleet` scales: `bench-flash-sale` works, `bench-flash-sale customers FILE` publishes a job for each of the lines
/// `second,jobs` of a trace at its time.
///
/// The worker appends to `WAITS_FILE` a line for each run: when the job was published, in seconds since 1970, for how long it
/// waited, and its id.
@main
struct Main {
    static func main() async {
        let words = CommandLine.arguments
        if words.count == 3, words[1] == "customers" { return await customers(words[2]) }
        await WorkerProgram.run("bench-flash-sale") { program in
            try await program.workers(handlers: [WaitHandler(path: setting("WAITS_FILE"))])
        }
    }

    private static func customers(_ path: String) async {
        do {
            let trace = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
                $0.split(separator: ",").compactMap { Int($0) }
            }
            try await AMQPBroker.withConnection(url: setting("AMQP_URL"), application: "customers") { broker in
                let start = ContinuousClock.now
                for line in trace where line.count == 2 {
                    try await Task.sleep(until: start + .seconds(line[0]))
                    try await withThrowingDiscardingTaskGroup { group in
                        for _ in 0..<line[1] {
                            group.addTask { try await broker.publish(JobEnvelope(Wait(milliseconds: 200), enqueuedAt: Date())) }
                        }
                    }
                }
            }
        } catch {
            fail("\(error)")
        }
    }

    private static func setting(_ name: String) -> String {
        guard let value = ProcessInfo.processInfo.environment[name] else { fail("\(name) is not set") }
        return value
    }

    private static func fail(_ sentence: String) -> Never {
        FileHandle.standardError.write(Data("bench-flash-sale: \(sentence)\n".utf8))
        exit(1)
    }
}

/// Something slow that costs no CPU, such as a call over the network.
struct Wait: Job {
    static let name = "bench.wait"
    let milliseconds: Int
}

/// Not idempotent: each run leaves its line, and that is what is counted.
struct WaitHandler: JobHandler {
    let path: String

    func handle(_ job: Wait, context: JobContext) async throws -> Outcome {
        let published = context.envelope.enqueuedAt
        try append("\(published.timeIntervalSince1970),\(Date().timeIntervalSince(published)),\(context.id)\n")
        try await Task.sleep(for: .milliseconds(job.milliseconds))
        return .done
    }

    /// One write, so that the lines of all workers stay whole (write(2), O_APPEND).
    private func append(_ line: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(descriptor) }
        let bytes = Array(line.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw CocoaError(.fileWriteUnknown) }
    }
}
