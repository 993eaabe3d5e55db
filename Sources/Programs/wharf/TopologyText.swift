import Foundation
import Topology

/// What the tool says about differences between the queue files and the broker.
enum TopologyText {
    static func diff(_ diff: TopologyDiff) -> String {
        let findings = diff.findings
        if findings.isEmpty { return "the broker is as the queue files say: \(diff.size) objects" }
        let places = findings.count == 1 ? "one place" : "\(findings.count) places"
        return (["the broker differs from the queue files in \(places):"] + findings.map(block)).joined(
            separator: "\n\n"
        )
    }

    static func dryRun(_ diff: TopologyDiff) -> String {
        let lines = diff.actions.map { "would be \($0.effect.rawValue): \($0.object)" }
        return (lines + diff.refusals.map(refusal) + [counts(diff.actions, diff.refusals, diff.unchanged)])
            .joined(separator: "\n")
    }

    static func report(_ report: ApplyReport) -> String {
        let lines = report.done.map { "\($0.effect.rawValue): \($0.object)" }
        return (lines + report.refused.map(refusal) + [counts(report.done, report.refused, report.unchanged)])
            .joined(separator: "\n")
    }

    /// An array with one object a finding.
    static func json(_ findings: [TopologyFinding]) throws -> String {
        struct Row: Encodable {
            let kind: String
            let object: String
            let expected: String?
            let found: String?
            let fix: String
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let rows = findings.map {
            Row(
                kind: $0.kind.rawValue.replacing(" ", with: "-"),
                object: $0.object,
                expected: $0.expected,
                found: $0.found,
                fix: $0.fix
            )
        }
        return String(decoding: try encoder.encode(rows), as: UTF8.self)
    }

    private static func block(_ finding: TopologyFinding) -> String {
        ["\(finding.kind.rawValue): \(finding.object)"]
            .appending(finding.expected.map { "  expected: \($0)" })
            .appending(finding.found.map { "  found:    \($0)" })
            .appending("  fix:      \(finding.fix)")
            .joined(separator: "\n")
    }

    private static func refusal(_ finding: TopologyFinding) -> String {
        "refused: \(finding.kind.rawValue) \(finding.object): \(finding.fix)"
    }

    private static func counts(_ actions: [TopologyAction], _ refused: [TopologyFinding], _ unchanged: Int) -> String {
        let effects = TopologyAction.Effect.allCases.map { effect in
            "\(actions.count { $0.effect == effect }) \(effect.rawValue)"
        }
        return (effects + ["\(unchanged) unchanged", "\(refused.count) refused"]).joined(separator: ", ")
    }
}

extension [String] {
    fileprivate func appending(_ line: String?) -> [String] { line.map { self + [$0] } ?? self }
}
