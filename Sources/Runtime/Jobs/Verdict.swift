/// What one run says about one job, before it is decided what that means for the message.
enum Verdict: Equatable, Sendable {
    /// - `errorType`: of the error that the outcome was read from, where one was thrown.
    case finished(Outcome, errorType: String? = nil)
    case undecodable(reason: String, errorType: String)
    case unknownJob
    /// Something that the handler needs is down.
    case unavailable(DependencyUnavailable)
    /// It came back unsettled too often to be run beside others.
    case suspect
    /// The shutdown's grace period ended before the job did.
    case interrupted

    /// The error of a handler that was not interrupted.
    init(thrown error: any Error) {
        let type = String(describing: type(of: error))
        switch error {
        case let unavailable as DependencyUnavailable: self = .unavailable(unavailable)
        case let failure as any JobFailure: self = .finished(failure.outcome, errorType: type)
        default: self = .finished(.retry(reason: String(describing: error)), errorType: type)
        }
    }
}
