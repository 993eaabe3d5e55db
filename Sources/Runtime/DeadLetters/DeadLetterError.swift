/// Why a dead queue could not be looked at, for the operator who asked.
package enum DeadLetterError: Error, Equatable, CustomStringConvertible {
    case busy(queue: String)
    case missing(queue: String)

    package var description: String {
        switch self {
        case .busy(let queue): "somebody else is looking through \(queue) right now; try again when they are done"
        case .missing(let queue): "the broker has no queue \(queue): run `wharf queues apply`"
        }
    }
}
