extension QueueDefinition {
    func check() throws(TopologyError) {
        guard Self.isName(name) else {
            throw TopologyError(field: "name", "must be words of a-z, 0-9 and _ joined by dots, not \"\(name)\"")
        }
        guard !bindings.isEmpty else { throw TopologyError(field: "bindings", "must name at least one job") }
        for binding in bindings where !Self.isName(binding) {
            throw TopologyError(field: "bindings", "must hold names of jobs without wildcards, not \"\(binding)\"")
        }
        guard Set(bindings).count == bindings.count else {
            throw TopologyError(field: "bindings", "names a job twice")
        }
        try Self.check("concurrency", concurrency, in: 1...1_000)
        try Self.check("deadline_seconds", deadlineSeconds, in: 1...86_400)
        try Self.check("delivery_limit", deliveryLimit, in: 1...1_000)
        try Self.check("retry.attempts", retry.attempts, in: 1...100)
        guard !retry.rungsSeconds.isEmpty else {
            throw TopologyError(field: "retry.rungs_seconds", "must have at least one rung")
        }
        for rung in retry.rungsSeconds { try Self.check("retry.rungs_seconds", rung, in: 1...86_400) }
        guard zip(retry.rungsSeconds, retry.rungsSeconds.dropFirst()).allSatisfy(<) else {
            throw TopologyError(field: "retry.rungs_seconds", "must ascend")
        }
        guard retry.never.allSatisfy({ !$0.isEmpty }), Set(retry.never).count == retry.never.count else {
            throw TopologyError(field: "retry.never", "must name types of errors, each once")
        }
        if let urgent {
            // At most 90: the others must move on however many urgent ones there are.
            try Self.check("urgent.share", urgent.share, in: 1...90)
            let keys = bindings + bindings.map(Self.urgentKey)
            guard Set(keys).count == keys.count else {
                throw TopologyError(
                    field: "bindings",
                    "names the urgent form of another binding, which \"urgent\" adds"
                )
            }
        }
        if let rateLimit { try Self.check("rate_limit.per_second", rateLimit.perSecond, in: 1...100_000) }
        if let batch {
            try Self.check("batch.size", batch.size, in: 1...10_000)
            try Self.check("batch.max_wait_ms", batch.maxWaitMs, in: 1...60_000)
        }
        try Self.check("scaling.min", scaling.min, in: 0...1_000)
        try Self.check("scaling.max", scaling.max, in: Swift.max(1, scaling.min)...1_000)
        try Self.check("scaling.target_wait_seconds", scaling.targetWaitSeconds, in: 1...86_400)
        if let program = scaling.program, !Self.isProgramName(program) {
            throw TopologyError(field: "scaling.program", "must be letters, digits, - and _, not \"\(program)\"")
        }
    }

    private static func check(_ field: String, _ value: Int, in range: ClosedRange<Int>) throws(TopologyError) {
        guard range.contains(value) else {
            throw TopologyError(
                field: field,
                "must be between \(range.lowerBound) and \(range.upperBound), not \(value)"
            )
        }
    }

    /// As a Procfile names its lines.
    private static func isProgramName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    /// Names become routing keys, file names and Prometheus labels, so they stay within what all of these take.
    package static func isName(_ name: String) -> Bool {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        return name.utf8.count <= 100
            && words.allSatisfy { word in
                !word.isEmpty
                    && word.utf8.allSatisfy {
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
                    }
            }
    }
}
