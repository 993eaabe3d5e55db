import Foundation
import Lifecycle
import TestSupport
import Testing

/// Every program is killed at every failpoint that it comes by, under load, and started again; then everything is counted.
///
/// One shop for each program, whose other programs stay up. `script/test` runs this as a suite of its own.
@Suite(.serialized) struct CrashMatrixTests {
    @Test(.timeLimit(.minutes(5)), arguments: TestShop.Program.allCases)
    func nothingIsLostAndNothingDoubled(_ program: TestShop.Program) async throws {
        try await QuickQueues.with { queues in
            try await TestShop.with(queues: queues) { shop in
                let others = TestShop.Program.allCases.filter { $0 != program }
                let load = try await CrashLoad(shop)
                // The relay has work only where the API cannot publish what it committed.
                let cutOff = program == .relay ? ["AMQP_URL": "amqp://guest:guest@127.0.0.1:1/"] : [:]
                var running: [(TestShop.Program, RunningProgram)] = []
                for other in others {
                    running.append((other, try await shop.start(other, other == .api ? cutOff : [:])))
                }
                var reborn = try await shop.start(program)
                let trouble = try await CrashTrouble(shop, load)
                var tokens: [String] = []
                for _ in 0..<3 { tokens.append(try await shop.customer()) }
                load.start(tokens)
                var kills = 0
                for cell in CrashCell.all(of: program) {
                    if cell.failpoint == .jobMidSuspect {
                        // Two deaths with the same jobs in flight make suspects of them.
                        for _ in 0..<2 {
                            reborn = try await kill(
                                reborn,
                                CrashCell(program: program, failpoint: .jobBeforeAck),
                                1,
                                shop
                            )
                            kills += 1
                        }
                    }
                    for hit in cell.hits {
                        // Before the trouble begins, or the living would be through with it before the doomed one starts.
                        try await stop(reborn, before: cell)
                        try await trouble.begin(cell)
                        reborn = try await kill(reborn, cell, hit, shop)
                        kills += 1
                    }
                    try await trouble.end(cell)
                    reborn = try await recover(cell, shop)
                }
                try await load.stop()
                let count = CrashCount(shop: shop, load: load, trouble: trouble)
                try await count.settle()
                // Whoever is killed between a confirm and what says so publishes a mail's job again; two of it at the same
                // moment are one mail twice, under one Message-ID.
                let report = try await count.check(mailKills: program == .search ? 0 : kills)
                print("crash matrix: \(program.rawValue): \(kills) kills, \(report)")
                running.append((program, reborn))
                for (program, one) in running.reversed() {
                    one.process.send(SIGTERM)
                    #expect(
                        try await one.process.ended() == 0,
                        "\(program.rawValue): \(one.process.output.suffix(2_000))"
                    )
                }
            }
        }
    }

    private func stop(_ running: RunningProgram, before cell: CrashCell) async throws {
        guard running.process.isRunning else { return }
        running.process.send(SIGTERM)
        #expect(try await running.process.ended() == 0, "\(cell): \(running.process.output.suffix(2_000))")
    }

    /// Ends `running` in order, and runs the program until it dies at the failpoint.
    /// - Returns: the dead one.
    private func kill(
        _ running: RunningProgram,
        _ cell: CrashCell,
        _ hit: Int,
        _ shop: TestShop
    ) async throws -> RunningProgram {
        try await stop(running, before: cell)
        let doomed = try shop.launch(cell.program, ["WHARF_FAILPOINT": "\(cell.failpoint.rawValue):\(hit)"])
        do {
            try await doomed.process.ended(within: .seconds(90))
        } catch {
            Issue.record("\(cell), hit \(hit): \(doomed.process.output.suffix(4_000))")
            throw error
        }
        let status = try await doomed.process.ended()
        #expect(status == -SIGKILL, "\(cell), hit \(hit): ended with \(status)")
        #expect(
            doomed.process.output.contains(Failpoint.lastWords(cell.failpoint)),
            "\(cell), hit \(hit): \(doomed.process.output.suffix(2_000))"
        )
        if let queue = cell.program.queue {
            // Until then the next one gets other jobs than those that the dead one held.
            try await eventually("the broker takes back what the dead one held") {
                try await shop.consumers(of: queue) == 0
            }
        }
        return doomed
    }

    /// Starts the program as its supervisor would, and waits until it has done what it is suspected of.
    private func recover(_ cell: CrashCell, _ shop: TestShop) async throws -> RunningProgram {
        let reborn = try await shop.start(cell.program)
        guard let queue = cell.program.queue else { return reborn }
        try await eventually("the suspects of \(queue) are done", every: .milliseconds(50)) {
            try await shop.depth("\(queue).suspect") == 0
        }
        return reborn
    }
}

extension TestShop.Program {
    /// The queue that the program works.
    var queue: String? {
        switch self {
        case .orders: "order.process"
        case .search: "search.index_product"
        case .email: "email.send_order_confirmation"
        case .relay, .api: nil
        }
    }
}
