import Bootstrap
import Configuration
import Foundation
import JobControl
import Jobs
import Postgres
import Topology

/// `wharf queues pause|resume|limit`: what operators say about queues, for every worker of the fleet.
enum QueueControlCommands {
    static let all = [pause, resume, limit]

    private static let queue = Command.Operand(name: "QUEUE", help: "a queue of queues/*.json")

    private static let pause = Command(
        path: ["queues", "pause"],
        summary: "Keeps every worker from starting jobs of a queue, until it is resumed.",
        operands: [queue],
        options: [.value("reason", "TEXT", "why, for those who find it paused")]
    ) { invocation in
        let queue = try definition(invocation).name
        try await pause(queue, reason: invocation.values["reason"])
        print("\(queue) is paused: within two seconds its workers start nothing more; what runs is finished")
        return .success
    }

    private static let resume = Command(
        path: ["queues", "resume"],
        summary: "Ends a pause.",
        operands: [queue]
    ) { invocation in
        let queue = try definition(invocation).name
        let wasPaused = try await resume(queue)
        print(wasPaused ? "\(queue) is resumed" : "\(queue) was not paused")
        return .success
    }

    private static let limit = Command(
        path: ["queues", "limit"],
        summary: "Limits the jobs of a queue that all workers together start in a second.",
        operands: [
            queue, .init(name: "RATE", help: "N/s, off for no limit, or default for what the queue's file says"),
        ]
    ) { invocation in
        let definition = try definition(invocation)
        let rate = try rate(invocation.operands["RATE"] ?? "")
        try await withControl { pool in _ = try await pool.query(QueueControlStore.limit(definition.name, to: rate)) }
        print("\(definition.name): \(describe(rate, definition) ?? "no limit")")
        return .success
    }

    static func pause(_ queue: String, reason: String?) async throws {
        try await withControl { pool in
            _ = try await pool.query(QueueControlStore.pause(queue, by: `operator`, reason: reason))
        }
    }

    /// - Returns: whether it was paused.
    static func resume(_ queue: String) async throws -> Bool {
        try await withControl { pool in try await pool.query(QueueControlStore.resume(queue)).affectedRows > 0 }
    }

    /// What was said about queues, by their names.
    static func entries() async throws -> [String: QueueControlStore.Entry] {
        try await withControl { try await QueueControlStore.entries($0) }
    }

    /// The limit in force, `nil` for none.
    static func describe(_ rate: QueueState.Rate, _ definition: QueueDefinition) -> String? {
        switch rate {
        case .perSecond(let rate): "\(rate)/s"
        case .unlimited: nil
        case .standard: definition.rateLimit.map { "\($0.perSecond)/s" }
        }
    }

    static func rate(_ text: String) throws(UsageError) -> QueueState.Rate {
        switch text {
        case "off": return .unlimited
        case "default": return .standard
        default:
            guard text.hasSuffix("/s"), let rate = Int(text.dropLast(2)), (1...100_000).contains(rate) else {
                throw UsageError("RATE is off, default, or N/s with a whole number from 1 to 100000, not '\(text)'")
            }
            return .perSecond(rate)
        }
    }

    static func definition(_ invocation: Invocation) throws -> QueueDefinition {
        let topology = try Topology.load(directory: try Environment().value(Settings.queuesDirectory))
        let name = invocation.operands["QUEUE"] ?? ""
        guard let definition = topology.queue(named: name) else {
            let names = topology.queues.map(\.name).joined(separator: ", ")
            throw CommandFailure("there is no queue \(name) in queues/*.json; there are \(names)")
        }
        return definition
    }

    /// Who asks, for those who find the queue paused.
    private static var `operator`: String { "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }

    static func withControl<Value>(_ body: (PostgresPool) async throws -> Value) async throws -> Value {
        try await withPool(Settings.workerDatabaseURL, or: Settings.databaseURL, body)
    }
}

extension QueueControlStore.Entry {
    /// Since when, by whom and why it is paused; `nil` when it is not.
    var pause: String? {
        guard let pausedAt else { return nil }
        let since = "\(pausedAt.formatted(.iso8601)) by \(pausedBy ?? "")"
        return pauseReason.map { "\(since): \($0)" } ?? since
    }
}
