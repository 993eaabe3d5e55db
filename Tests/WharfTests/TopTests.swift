import Fleet
import Foundation
import Testing

@testable import wharf

@Suite struct TopTests {
    private let snapshot = TopSnapshot(
        queues: [
            .init(
                name: "email",
                state: "working",
                ready: 10,
                oldestSeconds: 3,
                inPerSecond: 5,
                outPerSecond: 7,
                consumers: 1,
                workers: 1
            ),
            .init(
                name: "order",
                state: "growing",
                ready: 4,
                oldestSeconds: 70,
                inPerSecond: 5,
                outPerSecond: 1,
                consumers: 2,
                workers: 2
            ),
            .init(name: "search", state: "idle", dead: 2, consumers: 1),
        ],
        processes: [.init(name: "api", residentBytes: 50 * 1_048_576, openFiles: 40)],
        replicas: [.init(node: "replica1", isServing: true, lagSeconds: 0, lagBytes: 12)],
        down: ["mail"],
        outboxRows: 3,
        outboxOldestSeconds: 61
    )

    @Test func whatNeedsALookComesFirst() {
        func names(_ sort: TopSnapshot.Sort) -> [String] { snapshot.queues(by: sort).map(\.name) }
        #expect(names(.name) == ["email", "order", "search"])
        #expect(names(.ready) == ["email", "order", "search"])
        #expect(names(.age) == ["order", "email", "search"])
        #expect(names(.drain) == ["order", "email", "search"])
        #expect(names(.dead) == ["search", "email", "order"])
    }

    @Test func theScreenTellsItAll() {
        var screen = TopScreen()
        screen.take(.down, queues: 3)
        let lines = screen.text(snapshot, marks: true).split(separator: "\n").map(String.init)
        #expect(lines[1].hasPrefix("  email"))
        #expect(lines[1].contains("5 s"))
        #expect(lines[2].hasPrefix("> order"))
        #expect(lines[2].contains("never"))
        for text in [
            "outbox    3 due, oldest 61 s", "replica1  serving, behind 0 s, 12 bytes", "breakers  mail is down",
        ] {
            #expect(lines.contains(text))
        }
        #expect(lines.contains { $0.hasPrefix("api") && $0.hasSuffix("50     40") })
    }

    @Test func programsGetNumbers() throws {
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(snapshot.json(by: .age).utf8)) as? [String: Any]
        )
        let queues = try #require(json["queues"] as? [[String: Any]])
        #expect(queues.map { $0["name"] as? String } == ["order", "email", "search"])
        #expect(queues[0]["oldest_seconds"] as? Double == 70)
        #expect(json["outbox_rows"] as? Int == 3 && json["down"] as? [String] == ["mail"])
        #expect((json["replicas"] as? [[String: Any]])?.first?["is_serving"] as? Bool == true)
    }

    @Test func keysSortAndSelectWithinTheList() {
        var screen = TopScreen()
        screen.take(.up, queues: 3)
        #expect(screen.selected == 0)
        for _ in 0..<5 { screen.take(.down, queues: 3) }
        #expect(screen.selected == 2)
        screen.take(.sort, queues: 3)
        #expect(screen.sort == .ready)
        for _ in 1..<TopSnapshot.Sort.allCases.count { screen.take(.sort, queues: 3) }
        #expect(screen.sort == .name)
    }

    @Test func arrowsAndLettersAreKeys() {
        #expect(TopTerminal.Key(Array("\u{1b}[A".utf8)) == .up)
        #expect(TopTerminal.Key(Array("j".utf8)) == .down)
        #expect(TopTerminal.Key([3]) == .quit)
        #expect(TopTerminal.Key(Array("x".utf8)) == nil)
    }

    @Test func metricsOfTheProgramsBecomeLines() {
        let sweep = MetricsSweep([
            """
            wharf_build_info{program="api",version="1"} 1
            process_resident_memory_bytes 1048576
            process_open_fds 9
            database_replica_serving{node="replica1"} 1
            database_replica_lag_seconds{node="replica1"} 0.5
            """,
            """
            wharf_build_info{program="worker-email",version="1"} 1
            jobs_in_flight{queue="a"} 2
            jobs_concurrency{queue="a"} 8
            circuit_open{dependency="mail"} 1
            outbox_rows 4
            """,
        ])
        let top = TopSnapshot(QueueStatusReport(queues: [], outbox: nil, at: .now), sweep)
        #expect(top.processes.map(\.name) == ["api", "worker-email"])
        #expect(top.processes[1].running == 2 && top.processes[1].concurrency == 8)
        #expect(top.replicas == [.init(node: "replica1", isServing: true, lagSeconds: 0.5, lagBytes: nil)])
        #expect(top.down == ["mail"] && top.outboxRows == 4)
    }
}
