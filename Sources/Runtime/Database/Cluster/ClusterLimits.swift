/// What is still well in a cluster. Pure.
package struct ClusterLimits: Sendable {
    /// Write-ahead log in bytes that a replica may be behind.
    package var lagBytes: UInt64
    /// How old a replica's data may be, in seconds.
    package var lagSeconds: Double
    /// Write-ahead log in bytes that a slot may keep on the primary's disk.
    package var slotBytes: UInt64

    package init(lagBytes: UInt64, lagSeconds: Double, slotBytes: UInt64) {
        self.lagBytes = lagBytes
        self.lagSeconds = lagSeconds
        self.slotBytes = slotBytes
    }

    /// What is wrong, one sentence each; empty where all is well.
    package func violations(of status: ClusterStatus) -> [String] {
        let primaries = status.nodes.filter { $0.role == .primary }.map(\.name)
        var found: [String] = []
        if primaries.isEmpty { found.append("no node takes writes") }
        if primaries.count > 1 {
            found.append("more than one node takes writes: \(primaries.joined(separator: ", "))")
        }
        return found + status.nodes.flatMap(violations) + status.slots.flatMap(violations)
    }

    private func violations(of node: ClusterStatus.Node) -> [String] {
        switch node.role {
        case .primary: return []
        case .unreachable: return ["\(node.name) is missing: \(node.problem ?? "it does not answer")"]
        case .replica: break
        }
        var found: [String] = []
        if !node.isReceiving { found.append("\(node.name) receives nothing from its primary") }
        if node.isPaused { found.append("replay is paused on \(node.name)") }
        if let lag = node.lagBytes, lag > lagBytes {
            found.append("\(node.name) is \(lag) bytes behind, more than \(lagBytes)")
        }
        if let lag = node.lagSeconds, lag > lagSeconds, node.lagBytes != 0 {
            found.append("\(node.name) shows data of \(Int(lag)) s ago, more than \(lagSeconds) s")
        }
        return found
    }

    private func violations(of slot: ClusterStatus.Slot) -> [String] {
        if slot.walStatus == "lost" { return ["slot \(slot.name) has lost what it needs: clone its replica anew"] }
        if slot.retainedBytes <= slotBytes { return [] }
        let user = slot.isActive ? "" : ", and nobody uses it"
        return ["slot \(slot.name) retains \(slot.retainedBytes) bytes, more than \(slotBytes)\(user)"]
    }
}
