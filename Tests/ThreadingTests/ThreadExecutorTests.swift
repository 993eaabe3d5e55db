import Foundation
import Testing
import Threading

@Suite struct ThreadExecutorTests {
    private actor Pinned {
        let executor = ThreadExecutor(name: "pinned")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        var count = 0

        func threadName() -> String? { try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8) }
        func increment() -> Int {
            count += 1
            return count
        }
    }

    @Test func actorRunsOnItsOwnThread() async {
        let pinned = Pinned()
        let name = await pinned.threadName()
        #expect(name == "pinned\n")
    }

    @Test func concurrentCallsAreSerial() async {
        let pinned = Pinned()
        let seen = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<1_000 { group.addTask { await pinned.increment() } }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(seen == Set(1...1_000))
    }

    @Test func lockExcludes() async {
        let lock = Lock(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<10_000 { lock.withLock { $0 += 1 } } } }
        }
        #expect(lock.withLock { $0 } == 80_000)
    }
}
