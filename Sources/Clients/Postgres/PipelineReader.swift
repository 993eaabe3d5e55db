extension LibPQSocket {
    /// Puts together the answers to a pipeline's statements as libpq hands them out: for each step (a new statement is two,
    /// its preparation and its run) a result, and then the word that there are no more. Pure.
    struct PipelineReader {
        private let statements: [Statement]
        private var index = 0
        private var isPreparing = false
        private var answer: Answer?
        private(set) var reply = Reply()

        init(_ statements: [Statement]) {
            self.statements = statements
            reply.answers.reserveCapacity(statements.count)
            beginStep()
        }

        /// A result came: the first one of a step is its answer. Behind the last step, a failure is that of the implicit
        /// transaction, which could not be committed.
        mutating func take(_ new: Answer) {
            if index < statements.count {
                answer = answer ?? new
            } else if case .failed(let error) = new {
                reply.failure = reply.failure ?? error
            }
        }

        /// There are no more results for this step.
        /// - Returns: false when there was none at all.
        mutating func endStep() -> Bool {
            if index == statements.count { return true }
            guard var answer else { return false }
            self.answer = nil
            if case .failed(var error) = answer {
                error.sql = statements[index].sql
                answer = .failed(error)
                reply.failure = reply.failure ?? error
            }
            if isPreparing {
                isPreparing = false
                countPrepared()
            } else {
                reply.answers.append(answer)
                index += 1
                beginStep()
            }
            return true
        }

        /// The connection is gone: what has no answer has failed.
        mutating func cut(_ error: PostgresError) {
            let unanswered = statements.count - reply.answers.count
            reply.answers += Array(repeating: .failed(error), count: unanswered)
            reply.failure = reply.failure ?? error
        }

        private mutating func beginStep() {
            guard index < statements.count else { return }
            isPreparing = statements[index].isNew
            if !isPreparing { countPrepared() }
        }

        private mutating func countPrepared() { if reply.failure == nil { reply.preparedCount += 1 } }
    }
}
