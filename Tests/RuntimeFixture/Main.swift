import Fleet
import Foundation
import Lifecycle

/// A program that tests send signals to, since a test cannot send them to itself.
@main
struct Main {
    static func main() async {
        do {
            switch CommandLine.arguments.dropFirst().first {
            case "orderly":
                let names = ["first", "second", "third"]
                try await ServiceGroup(names.map { ($0, UntilCancelled(name: $0)) }).run()
            case "stuck":
                try await ServiceGroup([("deaf", Deaf())]).run()
            case "overdue":
                try await ServiceGroup([("deaf", Deaf())], gracePeriod: .milliseconds(50)).run()
            case "failing":
                try await ServiceGroup([("calm", UntilCancelled(name: "calm")), ("broken", Broken())]).run()
            case "failpoint":
                for hit in 1...5 {
                    say("hit \(hit)")
                    Failpoint.hit(.outboxAfterCommit)
                }
            case "fleet":
                let procfile = try Procfile(parsing: CommandLine.arguments[2])
                let supervisor = Supervisor(.init(procfile: procfile, directory: "/", firstMetricsPort: 9_900))
                try await ServiceGroup([("fleet", supervisor)], gracePeriod: supervisor.longestStop).run()
            case "step-worker":
                try await StepWorker.run()
            default:
                exit(64)
            }
        } catch {
            say("error: \(error)")
            exit(1)
        }
        say("end")
    }
}

private struct UntilCancelled: Service {
    let name: String

    func run() async throws {
        say("ready \(name)")
        let (never, _) = AsyncStream.makeStream(of: Never.self)
        for await _ in never {}
        say("stopped \(name)")
    }
}

/// Spins on all threads of the cooperative pool and hears no cancellation.
private struct Deaf: Service {
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<ProcessInfo.processInfo.activeProcessorCount - 1 {
                group.addTask {
                    while true {
                        sched_yield()
                        _ = index
                    }
                }
            }
            say("ready deaf")
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        }
    }
}

private struct Broken: Service {
    struct Failure: Error, CustomStringConvertible {
        var description: String { "no luck" }
    }

    func run() async throws { throw Failure() }
}

/// `print` would keep the lines in a buffer while the test waits for them.
private func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
