import Bootstrap
import Configuration
import Fleet
import Foundation
import HTTPClient
import JobControl
import Postgres
import Topology

/// `wharf fleet status|scale`: the running fleet, from another terminal.
enum FleetControlCommands {
    static let all = [status, scale]

    private static let status = Command(
        path: ["fleet", "status"],
        summary: "Says which processes the running fleet has, how many its queues ask for, and why.",
        options: [FleetCommand.procfileOption, .flag("json", "print JSON")]
    ) { invocation in
        let (_, procfile) = try FleetCommand.readProcfile(invocation)
        let base = try Environment().value(Settings.metricsPort)
        let body = try await ask(PortPlan(base: base, programs: procfile.entries.count).fleet)
        if invocation.has("json") {
            print(String(decoding: body, as: UTF8.self))
        } else {
            print(FleetText.status(try JSONDecoder().decode(FleetStatus.self, from: Data(body))))
        }
        return .success
    }

    private static func ask(_ port: Int) async throws -> [UInt8] {
        let client = HTTPClient()
        defer { client.shutdown() }
        let url = "http://127.0.0.1:\(port)\(FleetStatusServer.path)"
        let answer: HTTPResponse
        do {
            answer = try await client.send(HTTPRequest(url: url, timeout: .seconds(5)))
        } catch {
            throw CommandFailure(
                "no fleet answers at \(url): is `wharf fleet` running on this machine, with this Procfile and METRICS_PORT?"
            )
        }
        guard answer.status == 200 else { throw CommandFailure("\(url) answers \(answer.status): it is no fleet") }
        return answer.body
    }

    private static let scale = Command(
        path: ["fleet", "scale"],
        summary: "Sets the workers that a queue asks for, in place of the fleet's policy, until `auto`.",
        operands: [
            .init(name: "QUEUE", help: "a queue of queues/*.json"),
            .init(name: "N", help: "workers, from the file's min to its max, or auto"),
        ]
    ) { invocation in
        let definition = try QueueControlCommands.definition(invocation)
        guard let program = definition.scaling.program else {
            throw CommandFailure("\(definition.name) names no program in its file's \"scaling\": nobody scales it")
        }
        let workers = try count(invocation.operands["N"] ?? "", definition.scaling)
        try await QueueControlCommands.withControl { pool in
            _ = try await pool.query(QueueControlStore.scale(definition.name, to: workers))
        }
        let said = workers.map { "asks for \($0) until it is set to auto" } ?? "is scaled by the policy"
        print(
            "\(definition.name) \(said); \(program) has as many processes as the most demanding of its queues asks for"
        )
        return .success
    }

    /// `nil` for auto.
    static func count(_ text: String, _ scaling: QueueDefinition.Scaling) throws(UsageError) -> Int? {
        if text == "auto" { return nil }
        guard let workers = Int(text), (scaling.min...scaling.max).contains(workers) else {
            throw UsageError(
                "N is auto, or a whole number from \(scaling.min) to \(scaling.max) as the queue's file says, not '\(text)'"
            )
        }
        return workers
    }
}
