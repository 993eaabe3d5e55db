/// One environment variable: what it means, and how its text becomes a value.
package struct Setting<Value: Sendable>: Sendable {
    package let description: SettingDescription
    /// Says what is wrong with a text, in words that never repeat it.
    let parse: @Sendable (String) throws(SettingProblem) -> Value

    package init(
        _ name: String,
        _ summary: String,
        example: String,
        default defaultText: String? = nil,
        isOptional: Bool = false,
        isSecret: Bool = false,
        parse: @escaping @Sendable (String) throws(SettingProblem) -> Value
    ) {
        description = SettingDescription(
            name: name,
            summary: summary,
            example: example,
            defaultText: defaultText,
            isOptional: isOptional,
            isSecret: isSecret
        )
        self.parse = parse
    }
}

/// What people read about a setting.
package struct SettingDescription: Sendable, Equatable {
    package let name: String
    /// A phrase that goes on after "Set it to" and "is".
    package let summary: String
    package let example: String
    /// What counts when the variable is not set; `nil` when there is no such value.
    package let defaultText: String?
    /// Programs do without it.
    package let isOptional: Bool
    /// Its value is never printed.
    package let isSecret: Bool
}

/// Why a text is not a value of a setting.
package struct SettingProblem: Error, Equatable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// A setting that a program cannot start without, or that is wrong. Its description is one line.
package struct SettingError: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let description: String

    package static func missing(_ setting: SettingDescription) -> SettingError {
        SettingError(name: setting.name, description: "\(setting.name) is not set. \(remedy(setting))")
    }

    package static func bad(_ setting: SettingDescription, _ text: String, _ problem: SettingProblem) -> SettingError {
        let shown = setting.isSecret ? "" : " '\(printable(text))'"
        let sentence = "The value\(shown) of \(setting.name) is wrong: \(problem.reason). \(remedy(setting))"
        return SettingError(name: setting.name, description: sentence)
    }

    private static func remedy(_ setting: SettingDescription) -> String {
        "Set it to \(setting.summary), for example \(setting.name)=\(setting.example)"
    }

    /// Short and without anything that could break the line or steer a terminal.
    private static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(60).map {
            $0.properties.generalCategory == .control ? "?" : String($0)
        }
        return scalars.joined() + (text.unicodeScalars.count > 60 ? "…" : "")
    }
}
