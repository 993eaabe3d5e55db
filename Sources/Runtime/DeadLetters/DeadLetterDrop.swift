/// Has the broker forget dead letters for good.
package struct DeadLetterDrop: Sendable {
    package let filter: DeadLetterFilter
    /// Letters dropped at most; `nil` for all that match.
    package let limit: Int?

    package init(filter: DeadLetterFilter, limit: Int?) {
        self.filter = filter
        self.limit = limit
    }

    /// The letters in hand. Until they are dropped, the end of the pass puts them back.
    package struct Letters: Sendable {
        package fileprivate(set) var report = DeadLetterReport()
        fileprivate var receipts: [DeadLetterPass.Receipt] = []
    }

    /// - Throws: `AMQPError` when the pass's connection is lost.
    package func collect(from pass: DeadLetterPass) async throws -> Letters {
        var letters = Letters()
        let most = limit ?? .max
        while letters.receipts.count < most {
            let next = try await pass.next(atMost: min(256, most - letters.receipts.count))
            if next.isEmpty { break }
            for letter in next where letters.report.meet(letter.entry, filter) {
                letters.receipts.append(letter.receipt)
            }
        }
        return letters
    }

    /// - Parameter note: called at times with what has been done so far.
    /// - Throws: `AMQPError` when the pass's connection is lost, and what `note` throws.
    package func run(
        _ letters: Letters,
        of pass: DeadLetterPass,
        note: (DeadLetterReport) async throws -> Void
    ) async throws -> DeadLetterReport {
        var report = letters.report
        for receipt in letters.receipts {
            try await pass.forget(receipt)
            report.moved += 1
            if report.moved % 1_000 == 0 { try await note(report) }
        }
        return report
    }
}
