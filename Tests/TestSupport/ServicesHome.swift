import Foundation

/// Services of a test's own: `script/services` on ports and in a folder that nobody else uses.
package final class ServicesHome: Sendable {
    let folder: String
    private let ports: [String: Int]
    private let variables: [String: String]

    /// - Parameters:
    ///   - kind: begins the folder's name.
    ///   - ports: the variables that `script/services` takes ports from.
    ///   - variables: further settings of `script/services`.
    package init(_ kind: String, ports names: [String], variables: [String: String] = [:]) throws {
        self.variables = variables
        folder = try TestEnvironment.value("TEST_HOME") + "/\(kind)-" + UUID().uuidString.lowercased().prefix(8)
        ports = Dictionary(uniqueKeysWithValues: try names.map { ("WHARF_\($0)", try freePort()) })
    }

    /// Runs `body` with services that are started for it, and takes them away afterwards.
    package static func with(
        _ kind: String,
        ports: [String],
        starting service: String,
        _ body: (ServicesHome) async throws -> Void
    ) async throws {
        let home = try ServicesHome(kind, ports: ports)
        var failure: (any Error)?
        do {
            try await home.services("start", service)
            try await body(home)
        } catch {
            failure = error
        }
        try await home.remove()
        if let failure { throw failure }
    }

    /// The port that `name` stands for.
    package func port(_ name: String) -> Int { ports["WHARF_\(name)"] ?? 0 }

    /// Ends the services and takes their data away.
    package func remove() async throws {
        try await services("stop")
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `script/services`.
    /// - Returns: what it printed.
    /// - Throws: `TestEnvironment.Missing` when it fails.
    @discardableResult
    package func services(_ arguments: String...) async throws -> String {
        let (status, output) = try await run(arguments)
        guard status == 0 else {
            throw TestEnvironment.Missing(description: "script/services \(arguments): \(status), \(output)")
        }
        return output
    }

    func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = try TestProcess("script/services", arguments, environment: environment)
        let status = try await process.ended(within: .seconds(180))
        return (status, process.output)
    }

    /// Ends a service as a power cut does, and sees it gone.
    package func kill(_ service: String) async throws {
        let record = try String(contentsOfFile: folder + "/run/\(service).pid", encoding: .utf8)
        guard let processID = record.split(separator: " ").first.flatMap({ Int32($0) }) else {
            throw TestEnvironment.Missing(description: "no process id in \(record)")
        }
        Foundation.kill(processID, SIGKILL)
        try await eventually("\(service) is gone") { try await run(["status", service]).status == 3 }
    }

    /// What `script/services env` exports.
    package func settings() async throws -> [String: String] {
        var settings: [String: String] = [:]
        for line in try await services("env").split(separator: "\n") where line.hasPrefix("export ") {
            let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { settings[String(parts[0])] = String(parts[1]) }
        }
        return settings
    }

    /// What `script/services env` says of a setting.
    package func setting(_ name: String) async throws -> String {
        guard let value = try await settings()[name] else {
            throw TestEnvironment.Missing(description: "script/services env says nothing about \(name)")
        }
        return value
    }

    private var environment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        var environment = ports.mapValues(String.init)
        environment.merge(variables) { $1 }
        environment["WHARF_HOME"] = folder
        for name in ["PATH", "HOME", "LANG"] { environment[name] = own[name] }
        return environment
    }
}
