import Configuration
import Foundation
import HTTPServer

extension SettingParsers {
    /// `class=ADDRESS/ACCOUNT` with commas between, or `off`.
    static func rateLimits(
        _ classes: [String]
    ) -> @Sendable (String) throws(SettingProblem) -> [String: RateAllowance] {
        { text throws(SettingProblem) in
            var allowances: [String: RateAllowance] = [:]
            if text == "off" { return allowances }
            for part in text.split(separator: ",") {
                let words = part.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
                guard words.count == 2, classes.contains(words[0]) else {
                    throw SettingProblem("a part of it names none of the classes \(classes.joined(separator: ", "))")
                }
                let numbers = words[1].split(separator: "/", omittingEmptySubsequences: false).compactMap { Int($0) }
                guard numbers.count == 2, numbers.allSatisfy({ (0...10_000_000).contains($0) }) else {
                    throw SettingProblem("a class does not have two whole numbers, such as \(classes[0])=600/300")
                }
                allowances[words[0]] = RateAllowance(perAddress: numbers[0], perAccount: numbers[1])
            }
            return allowances
        }
    }

    /// Origins as browsers send them (RFC 6454 §6.2), or `*`.
    static func origins(_ text: String) throws(SettingProblem) -> [String] {
        var origins: [String] = []
        for part in text.split(separator: ",") {
            let origin = part.trimmingCharacters(in: .whitespaces)
            let parts = URLComponents(string: origin)
            let isOrigin =
                parts?.scheme.map { ["http", "https"].contains($0) } == true && parts?.host?.isEmpty == false
                && parts?.path.isEmpty == true && parts?.query == nil && parts?.fragment == nil && parts?.user == nil
                && origin == origin.lowercased()
            guard origin == "*" || isOrigin else {
                throw SettingProblem(
                    "a part of it is no origin, which has a scheme, a host and a port alone, in lower case"
                )
            }
            origins.append(origin)
        }
        return origins
    }
}
