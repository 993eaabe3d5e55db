import Foundation

/// The variables that a program was started with. Reading a setting checks it; programs read all they need before they
/// do anything, so a bad value stops them at once.
package struct Environment: Sendable {
    private let variables: [String: String]

    package init(_ variables: [String: String] = ProcessInfo.processInfo.environment) { self.variables = variables }

    /// The variable's value, or the default's.
    ///
    /// - Throws: ``SettingError`` when it is wrong, or not set and without a default.
    package func value<Value>(_ setting: Setting<Value>) throws(SettingError) -> Value {
        guard let value = try optional(setting) else { throw .missing(setting.description) }
        return value
    }

    /// The variable's value, or the default's, or `nil`.
    ///
    /// - Throws: ``SettingError`` when it is wrong.
    package func optional<Value>(_ setting: Setting<Value>) throws(SettingError) -> Value? {
        // An empty variable counts as not set: that is what `NAME=` in a compose file or a script means.
        let given = variables[setting.description.name]?.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let text = given?.isEmpty == false ? given : setting.description.defaultText else { return nil }
        do {
            return try setting.parse(text)
        } catch {
            throw .bad(setting.description, text, error)
        }
    }
}
