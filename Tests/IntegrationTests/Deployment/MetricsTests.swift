import Foundation
import HTTPClient
import TestSupport
import Testing

/// What `/metrics` of every program says, against those who read it: promtool, the table in docs/operations.md, the dashboards
/// and the alerts.
@Suite struct MetricsTests {
    @Test func whatIsShownIsWhatIsSaid() async throws {
        try await TestShop.with { shop in
            #expect(try await shop.wharf("catalog", "seed", "--products", "5").0 == 0)
            let settings = [
                "DATABASE_REPLICA_URLS": try shop.database.replicaURL,
                "WORKER_DATABASE_REPLICA_URLS": try shop.database.workerReplicaURL,
                // A collector that is not there; its series are.
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:\(try freePort())",
            ]
            var running: [(TestShop.Program, RunningProgram)] = []
            for program in TestShop.Program.allCases {
                running.append((program, try await shop.start(program, settings)))
            }
            let variant = try await shop.variant(stock: 5)
            let token = try await shop.customer()
            #expect(try await shop.call("GET", "/api/search/products?q=a").status == 200)
            #expect(try await shop.order([(variant.id, 1)], token: token).status == 201)
            try await eventually("both mails are there") { shop.mail.count() == 2 }

            let table = try MetricsTable()
            var shown: [String: Set<String>] = [:]
            for (program, process) in running {
                try await eventually("\(program.rawValue) has all its series") {
                    try await shop.exposition(process).labels["database_replica_lag_seconds"] != nil
                }
                let exposition = try await shop.exposition(process)
                try promtoolChecks(exposition.text, of: program.rawValue)

                let expected = table.rows.filter { $0.isOf(program.rawValue) }
                #expect(Set(exposition.types.keys) == Set(expected.map(\.name)), "\(program.rawValue)")
                for row in expected {
                    #expect(exposition.types[row.name] == row.type, "\(program.rawValue) \(row.name)")
                    guard let labels = exposition.labels[row.name] else { continue }
                    #expect(labels == row.labels, "\(program.rawValue) \(row.name)")
                }
                shown.merge(exposition.samples) { $0.union($1) }
            }
            try everyExpressionIsAbout(shown)
            for (_, process) in running.reversed() { try await process.process.stop() }
        }
    }

    private func promtoolChecks(_ text: String, of program: String) throws {
        let promtool = Process()
        promtool.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        promtool.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        (promtool.standardInput, promtool.standardOutput, promtool.standardError) = (input, output, output)
        try promtool.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        promtool.waitUntilExit()
        #expect(promtool.terminationStatus == 0 && said.isEmpty, "promtool about \(program): \(said)")
    }

    /// Every metric in a panel, an alert or a scaling trigger exists, with the labels that are asked for.
    private func everyExpressionIsAbout(_ shown: [String: Set<String>]) throws {
        let folder = URL(fileURLWithPath: "docker")
        let files = try ["grafana/dashboards", "prometheus", "kubernetes"].flatMap { name in
            try FileManager.default.contentsOfDirectory(
                at: folder.appending(path: name),
                includingPropertiesForKeys: nil
            )
        }
        var found: Set<String> = []
        for file in files where ["json", "yaml"].contains(file.pathExtension) && !file.path.hasSuffix(".test.yaml") {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                for match in String(line).matches(of: selector) {
                    let name = String(match.1)
                    found.insert(name)
                    guard let labels = shown[name] else {
                        Issue.record("\(file.lastPathComponent) asks for \(name), which no program shows")
                        continue
                    }
                    for label in String(match.2 ?? "").matches(of: matcher) {
                        // Prometheus itself adds those.
                        let isKnown =
                            labels.contains(String(label.1)) || ["job", "instance", "program"].contains(label.1)
                        #expect(isKnown, "\(file.lastPathComponent) asks for the label \(label.1) of \(name)")
                    }
                }
            }
        }
        #expect(found.count > 40)
    }

    /// A metric's name with what is in its braces. All of ours begin with one of these words.
    private var selector: Regex<(Substring, Substring, Substring?)> {
        /\b((?:amqp|circuit|database|http|job|jobs|outbox|process|queue|rate|schedule|search|shop|smtp|trace|wharf)_[a-z_]+[a-z])\b(?:\{([^}]*)\})?/
    }
    private var matcher: Regex<(Substring, Substring)> { /([a-z_]+)\s*(?:=~|!~|!=|=)/ }
}

/// A program's `/metrics`.
struct Exposition {
    let text: String
    /// By family.
    var types: [String: String] = [:]
    /// The labels of each family's series, without `le`; `nil` for one without a series.
    var labels: [String: Set<String>] = [:]
    /// The labels by the names that expressions use, such as `…_bucket`; of a family without a series, none.
    var samples: [String: Set<String>] = [:]

    init(_ text: String) {
        self.text = text
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                let (name, type) = (String(words[2]), String(words[3]))
                types[name] = type
                for suffix in type == "histogram" ? ["_bucket", "_sum", "_count"] : [""] { samples[name + suffix] = [] }
            }
            guard !line.hasPrefix("#"), let match = line.prefixMatch(of: #/([a-z_]+)(?:\{(.*)\})?\ /#) else { continue }
            let name = String(match.1)
            let keys = Set((match.2 ?? "").matches(of: #/([a-z_]+)="/#).map { String($0.1) })
            samples[name, default: []].formUnion(keys)
            let family = types[name] == nil ? String(name[..<(name.lastIndex(of: "_") ?? name.endIndex)]) : name
            labels[family, default: []].formUnion(keys.subtracting(["le"]))
        }
    }
}

extension TestShop {
    func exposition(_ program: RunningProgram) async throws -> Exposition {
        let url = "http://127.0.0.1:\(program.metricsPort)/metrics"
        let response = try await client.send(HTTPRequest(method: "GET", url: url))
        return Exposition(String(decoding: response.body, as: UTF8.self))
    }
}

/// The table of all metrics in docs/operations.md.
private struct MetricsTable {
    struct Row {
        let name: String
        let type: String
        let labels: Set<String>
        let who: Set<String>

        func isOf(_ program: String) -> Bool {
            who.contains("all") || who.contains(program) || (program.hasPrefix("worker-") && who.contains("workers"))
        }
    }

    let rows: [Row]

    init() throws {
        let lines = try String(contentsOfFile: "docs/operations.md", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let section = lines.drop { $0 != "## Metrics" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        rows = section.filter { $0.hasPrefix("| `") }.map { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            func words(_ cell: String) -> Set<String> { Set(cell.components(separatedBy: ", ")).subtracting([""]) }
            return Row(
                name: cells[1].trimmingCharacters(in: ["`"]),
                type: cells[2],
                labels: words(cells[3]),
                who: words(cells[4])
            )
        }
        try #require(rows.count > 40)
    }
}
