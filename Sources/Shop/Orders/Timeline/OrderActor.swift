/// Who took a step of an order, as `order_events.actor` has it.
package enum OrderActor: Hashable, Sendable, RawRepresentable {
    case customer(Int64)
    case staff(Int64)
    /// The shop itself, by the name of the job.
    case job(String)

    package init(rawValue: String) {
        let parts = rawValue.split(separator: ":", maxSplits: 1)
        switch (parts.first, parts.dropFirst().first.flatMap { Int64($0) }) {
        case ("user", let id?): self = .customer(id)
        case ("admin", let id?): self = .staff(id)
        default: self = .job(rawValue)
        }
    }

    package var rawValue: String {
        switch self {
        case .customer(let id): "user:\(id)"
        case .staff(let id): "admin:\(id)"
        case .job(let name): name
        }
    }

    /// The id of the person; `nil` for a job.
    package var userID: Int64? {
        switch self {
        case .customer(let id), .staff(let id): id
        case .job: nil
        }
    }
}
