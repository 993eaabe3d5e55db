import Foundation

/// Services of a test's own: `script/services` on ports and in a folder that nobody else uses.
package final class ServicesHome: Sendable {
    let folder: String
    private let ports: [String: Int]

    /// - Parameters:
    ///   - kind: begins the folder's name.
    ///   - ports: the variables that `script/services` takes ports from.
    package init(_ kind: String, ports names: [String]) throws {
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

    /// What `script/services env` says of a setting.
    package func setting(_ name: String) async throws -> String {
        let settings = try await services("env")
        let prefix = "export \(name)="
        guard let line = settings.split(separator: "\n").first(where: { $0.hasPrefix(prefix) }) else {
            throw TestEnvironment.Missing(description: "script/services env says nothing about \(name)")
        }
        return String(line.dropFirst(prefix.count))
    }

    private var environment: [String: String] {
        let own = ProcessInfo.processInfo.environment
        var environment = ports.mapValues(String.init)
        environment["WHARF_HOME"] = folder
        for name in ["PATH", "HOME", "LANG"] { environment[name] = own[name] }
        return environment
    }
}
