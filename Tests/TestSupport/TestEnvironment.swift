import Foundation

/// What `script/test` tells the tests about the services it started.
package enum TestEnvironment {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    package static func value(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw Missing(description: "\(name) is not set: run the integration tests with script/test")
        }
        return value
    }

    /// Whether tests may take minutes: `script/test --full`.
    package static var isFull: Bool { !(ProcessInfo.processInfo.environment["TEST_FULL"] ?? "").isEmpty }

    /// URL of the test cluster's superuser, on its maintenance database.
    package static var databaseURL: String { get throws { try value("TEST_DATABASE_URL") } }

    /// `url` with another database (and, where given, another user without a password).
    package static func url(_ url: String, database: String, user: String? = nil, password: String? = nil) throws
        -> String
    {
        guard var parts = URLComponents(string: url) else { throw Missing(description: "not a URL: \(url)") }
        parts.path = "/" + database
        if let user {
            parts.user = user
            parts.password = password
        }
        guard let text = parts.string else { throw Missing(description: "not a URL: \(url)") }
        return text
    }
}
