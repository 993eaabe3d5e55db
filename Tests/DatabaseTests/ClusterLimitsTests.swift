import Database
import Testing

@Suite struct ClusterLimitsTests {
    private let limits = ClusterLimits(lagBytes: 100, lagSeconds: 5, slotBytes: 1_000)

    private func replica(_ change: (inout ClusterStatus.Node) -> Void = { _ in }) -> ClusterStatus.Node {
        var node = ClusterStatus.Node(name: "replica", role: .replica)
        node.isReceiving = true
        node.lagBytes = 100
        node.lagSeconds = 5
        change(&node)
        return node
    }

    private func violations(_ nodes: ClusterStatus.Node..., slots: [ClusterStatus.Slot] = []) -> [String] {
        limits.violations(of: ClusterStatus(nodes: nodes, slots: slots))
    }

    private let primary = ClusterStatus.Node(name: "primary", role: .primary)

    @Test func nothingIsWrongWithinTheLimits() {
        let slot = ClusterStatus.Slot(name: "replica", isActive: true, retainedBytes: 1_000, walStatus: "reserved")
        #expect(violations(primary, replica(), slots: [slot]).isEmpty)
    }

    @Test func thereIsExactlyOnePrimary() {
        #expect(violations(replica()) == ["no node takes writes"])
        #expect(violations(primary, ClusterStatus.Node(name: "other", role: .primary)).count == 1)
    }

    @Test func replicasThatDoNotFollowAreNamed() {
        var missing = ClusterStatus.Node(name: "replica", role: .unreachable)
        missing.problem = "refused"
        #expect(violations(primary, missing) == ["replica is missing: refused"])
        #expect(violations(primary, replica { $0.isReceiving = false }).count == 1)
        #expect(violations(primary, replica { $0.isPaused = true }) == ["replay is paused on replica"])
        #expect(violations(primary, replica { $0.lagBytes = 101 }).count == 1)
        #expect(violations(primary, replica { $0.lagSeconds = 6 }).count == 1)
        // Old, but nothing is missing.
        #expect(violations(primary, replica { ($0.lagBytes, $0.lagSeconds) = (0, 600) }).isEmpty)
    }

    @Test func slotsThatKeepTooMuchAreNamed() {
        func slot(_ bytes: UInt64, _ status: String = "extended", isActive: Bool = false) -> [ClusterStatus.Slot] {
            [ClusterStatus.Slot(name: "replica", isActive: isActive, retainedBytes: bytes, walStatus: status)]
        }
        #expect(violations(primary, slots: slot(1_001)).first?.contains("nobody uses it") == true)
        #expect(violations(primary, slots: slot(1_001, isActive: true)).first?.contains("nobody uses it") == false)
        #expect(violations(primary, slots: slot(0, "lost")).count == 1)
        #expect(violations(primary, slots: slot(1_000)).isEmpty)
    }
}
