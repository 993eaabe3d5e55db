import Foundation

/// `wharf top`: queues, processes, outbox, replicas and breakers, live.
enum TopCommand {
    static let all = [top]

    private static let top = Command(
        path: ["top"],
        summary: "Shows queues, processes, outbox, replicas and breakers, live; keys sort, select and pause.",
        options: [
            .flag("once", "print it once"), .flag("json", "print it once, as JSON"),
            .value("interval", "SECONDS", "time between two looks (2)"),
            .value("sort", "COLUMN", "name, ready, age, drain or dead"),
        ]
    ) { invocation in
        let interval = try invocation.integer("interval", in: 1...3_600, default: 2)
        var screen = TopScreen()
        if let name = invocation.values["sort"] {
            guard let sort = TopSnapshot.Sort(rawValue: name) else {
                throw UsageError("--sort takes name, ready, age, drain or dead, not '\(name)'")
            }
            screen.sort = sort
        }
        try await ShopView.with { [screen] view in
            if invocation.has("json") {
                print(try await look(view).json(by: screen.sort))
            } else if invocation.has("once") {
                print(screen.text(try await look(view), marks: false))
            } else {
                try await live(screen, every: .seconds(interval), view)
            }
        }
        return .success
    }

    private static func look(_ view: ShopView) async throws -> TopSnapshot {
        let (report, sweep) = try await view.look()
        return TopSnapshot(report, sweep)
    }

    private enum Event: Sendable {
        case key(TopTerminal.Key)
        case tick
    }

    private static func live(_ start: TopScreen, every interval: Duration, _ view: ShopView) async throws {
        var (screen, snapshot) = (start, try await look(view))
        let terminal = try TopTerminal()
        defer { terminal.restore() }
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let keys = Task { for await key in terminal.keys() { continuation.yield(.key(key)) } }
        let clock = Task {
            while true {
                try await Task.sleep(for: interval)
                continuation.yield(.tick)
            }
        }
        defer {
            keys.cancel()
            clock.cancel()
        }
        terminal.draw(screen.text(snapshot, marks: true) + "\n\n" + screen.help)
        for await event in events {
            switch event {
            case .key(.quit): return
            case .key(.pause):
                let queues = snapshot.queues(by: screen.sort)
                guard queues.indices.contains(screen.selected) else { continue }
                screen.message = await toggle(queues[screen.selected])
                fallthrough
            case .tick:
                do {
                    snapshot = try await look(view)
                } catch {
                    screen.message = "\(error)"
                }
            case .key(let key):
                screen.message = ""
                screen.take(key, queues: snapshot.queues.count)
            }
            terminal.draw(screen.text(snapshot, marks: true) + "\n\n" + screen.help)
        }
    }

    private static func toggle(_ queue: TopSnapshot.Queue) async -> String {
        do {
            if queue.isPaused {
                _ = try await QueueControlCommands.resume(queue.name)
                return "\(queue.name) is resumed"
            }
            try await QueueControlCommands.pause(queue.name, reason: "by wharf top")
            return "\(queue.name) is paused: within two seconds its workers start nothing more"
        } catch {
            return "\(error)"
        }
    }
}
