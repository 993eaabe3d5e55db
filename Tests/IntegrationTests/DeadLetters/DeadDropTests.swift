import AMQP
import Foundation
import TestSupport
import Testing
import Topology

/// Dropping dead letters, and command lines and settings that are wrong.
@Suite struct DeadDropTests {
    /// `script` (util-linux) gives the tool a terminal.
    private func onTerminal(_ shop: TestShop, typing text: String, _ command: String) async throws -> (Int32, String) {
        try await shop.shell("printf '%s\\n' '\(text)' | script -qec '\(command)' /dev/null")
    }

    @Test func asksForTheNumberAndDropsWhatMatches() async throws {
        try await withGraveyard { shop, graveyard in
            for _ in 1...3 { try await graveyard.bury(reason: "no stock") }
            let other = try await graveyard.bury(reason: "no money")
            let command = #"wharf dead drop order.process --reason "no stock""#

            let (unasked, words) = try await shop.wharf("dead", "drop", "order.process")
            #expect(unasked == 2)
            #expect(
                words.hasPrefix("wharf: dropped messages are gone for good; without a terminal to ask on, add --yes")
            )

            for answer in ["y", "4", ""] {
                let (status, words) = try await onTerminal(shop, typing: answer, command)
                #expect(status == 1)
                #expect(words.contains("drop 3 messages from order.process.dead? type the number:"), "\(words)")
                #expect(words.contains("nothing was dropped"), "\(words)")
            }
            #expect(try await shop.depth(Graveyard.dead) == 4)
            #expect(try await graveyard.audit() == [])

            let (status, dropped) = try await onTerminal(shop, typing: "3", command)
            #expect(status == 0)
            #expect(dropped.contains("dropped 3 messages from order.process.dead"), "\(dropped)")
            #expect(try await graveyard.list().map { $0["id"] as? String } == [other])

            #expect(try await shop.wharf("dead", "drop", "order.process", "--yes", "--job", "nothing").0 == 0)
            #expect(try await shop.wharf("dead", "drop", "order.process", "--yes", "--limit", "5").0 == 0)
            #expect(try await shop.depth(Graveyard.dead) == 0)
            #expect(
                try await graveyard.audit() == [
                    .init(action: "drop", counts: [3, 3, 0, 0], isFinished: true),
                    .init(action: "drop", counts: [1, 1, 0, 0], isFinished: true),
                ]
            )
            let (_, json) = try await shop.wharf("dead", "audit", "--json", "--limit", "2")
            let rows = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
            #expect(rows.map { $0["filter"] as? String } == ["limit=5", "reason=no stock"])
            #expect(
                rows.allSatisfy {
                    ($0["who"] as? String)?.contains("@") == true && $0["role"] as? String == "wharf_worker"
                }
            )
        }
    }

    @Test func whatIsWrongIsOneClearLine() async throws {
        try await withGraveyard { shop, graveyard in
            func check(_ arguments: [String], _ status: Int32, _ text: String, _ environment: [String: String] = [:])
                async throws
            {
                let tool = try shop.launchTool(arguments, environment)
                #expect(try await tool.ended() == status, "\(arguments): \(tool.output)")
                #expect(tool.output.contains(text), "\(arguments): \(tool.output)")
                #expect(tool.output.split(separator: "\n").count == 1, "\(arguments): \(tool.output)")
            }
            let queues = try Topology.load(directory: "queues").queues.map(\.name)
            let unknown = "wharf: there is no queue 'orders'; there are \(queues.joined(separator: ", "))"
            try await check(["dead", "list", "orders"], 2, unknown)
            try await check(["dead", "replay", "orders"], 2, unknown)
            try await check(["dead", "replay"], 2, "'wharf dead replay' needs QUEUE: a queue of queues/*.json")
            try await check(["dead", "show"], 2, "'wharf dead show' needs ID: the message's id")
            try await check(["dead"], 2, "'dead' is one of 'wharf dead list', 'wharf dead show', 'wharf dead replay'")
            try await check(
                ["dead", "list", "--since", "soon"],
                2,
                "--since takes a time ago such as 90s, 30m, 2h or 7d"
            )
            try await check(
                ["dead", "list", "order.process", "--limit", "0"],
                2,
                "--limit takes a whole number from 1"
            )
            try await check(["dead", "list", "--limit", "3"], 2, "--limit needs a QUEUE")
            try await check(
                ["dead", "replay", "order.process", "--rate", "0/s"],
                2,
                "--rate takes a whole number from 1"
            )
            try await check(["dead", "replay", "order.process", "--id", " ,"], 2, "--id is empty")
            try await check(["dead", "list", "order.process"], 78, "AMQP_URL is not set", ["AMQP_URL": ""])
            let noDatabase = ["DATABASE_URL": "", "WORKER_DATABASE_URL": ""]
            try await check(["dead", "audit"], 78, "DATABASE_URL is not set", noDatabase)
            let nobody = ["AMQP_URL": "amqp://guest:guest@127.0.0.1:1/x"]
            try await check(
                ["dead", "list", "order.process"],
                1,
                "wharf: cannot connect to amqp://127.0.0.1:1/x",
                nobody
            )
            let asAPI = ["WORKER_DATABASE_URL": try shop.database.apiURL]
            try await graveyard.bury()
            try await check(["dead", "replay", "order.process"], 1, "this role may not write dead_letter_audit", asAPI)
            #expect(try await shop.depth(Graveyard.dead) == 1)
            let session = try await shop.broker.session()
            try await session.deleteQueue(Graveyard.dead)
            await session.close()
            let missing = "wharf: the broker has no queue order.process.dead: run `wharf queues apply`"
            try await check(["dead", "list", "order.process"], 1, missing)
        }
    }
}
