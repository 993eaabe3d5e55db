import Testing

@testable import Postgres

/// A pipeline's answers, without a server: failures stand for whatever libpq's results say.
@Suite struct PipelineReaderTests {
    private func reader(_ statements: (sql: String, isNew: Bool)...) -> LibPQSocket.PipelineReader {
        .init(statements.map { .init(name: $0.sql, sql: $0.sql, bindings: [], isNew: $0.isNew) })
    }

    private func failed(_ message: String = "refused") -> LibPQSocket.Answer {
        .failed(PostgresError(.server, message))
    }

    private func kinds(_ reader: LibPQSocket.PipelineReader) -> [String] {
        reader.reply.answers.map {
            switch $0 {
            case .done: "done"
            case .failed(let error): error.message
            case .skipped: "skipped"
            }
        }
    }

    @Test func theFirstResultOfAStepIsItsAnswer() {
        var reader = reader(("a", false))
        reader.take(failed("first"))
        reader.take(failed("second"))
        #expect(kinds(reader).isEmpty)
        let end1 = reader.endStep()
        #expect(end1)
        #expect(kinds(reader) == ["first"])
        #expect(reader.reply.failure?.sql == "a")
    }

    @Test func aStepWithoutAnyResultIsNoAnswer() {
        var reader = reader(("a", false))
        let end2 = reader.endStep()
        #expect(!end2)
        reader.take(.skipped)
        let end3 = reader.endStep()
        #expect(end3)
        // Behind the last step comes the Sync, to which libpq may say the same.
        let end4 = reader.endStep()
        #expect(end4)
        #expect(kinds(reader) == ["skipped"])
    }

    @Test func whatCouldNotBePreparedIsNotCountedAsPrepared() {
        var reader = reader(("a", false), ("b", true), ("c", true))
        reader.take(.skipped)
        let end5 = reader.endStep()
        #expect(end5)
        // The preparation of b, which fails, and then its run, which the server skips.
        reader.take(failed("no such table"))
        let end6 = reader.endStep()
        #expect(end6)
        reader.take(.skipped)
        let end7 = reader.endStep()
        #expect(end7)
        #expect(reader.reply.preparedCount == 1)
        #expect(kinds(reader) == ["skipped", "skipped"])
        #expect(reader.reply.failure?.message == "no such table")
        #expect(reader.reply.failure?.sql == "b")
    }

    @Test func aFailureBehindTheLastStepIsThatOfTheCommit() {
        var reader = reader(("a", false))
        reader.take(.skipped)
        let end8 = reader.endStep()
        #expect(end8)
        reader.take(failed("deferred constraint"))
        #expect(kinds(reader) == ["skipped"])
        #expect(reader.reply.failure?.message == "deferred constraint")
    }

    @Test func aLostConnectionFailsWhatHasNoAnswer() {
        var reader = reader(("a", false), ("b", false), ("c", false))
        reader.take(.skipped)
        let end9 = reader.endStep()
        #expect(end9)
        reader.take(.skipped)
        reader.cut(PostgresError(.connectionLost, "gone"))
        #expect(kinds(reader) == ["skipped", "gone", "gone"])
        #expect(reader.reply.failure?.code == .connectionLost)
    }
}
