package import HTTPServer

/// What kind of work a route is: `RATE_LIMITS` says for each how often a client may ask for it.
package enum RateClass: String, CaseIterable, Sendable {
    /// Passwords and tokens: what somebody tries out who wants to be somebody else.
    case auth
    case read
    case write
    /// Orders and payments.
    case checkout

    /// What a route is unless it says something else.
    init(_ method: Request.Method) { self = method == .get ? .read : .write }
}

/// The limiters of one process, shared by all routes of a class.
package struct RateLimiters: Sendable {
    private let limiters: [RateClass: RateLimiter]

    /// - Parameter allowances: by the classes' names. A class that has none is not limited.
    package init(_ allowances: [String: RateAllowance] = [:]) {
        limiters = Dictionary(
            uniqueKeysWithValues: RateClass.allCases.map {
                ($0, RateLimiter($0.rawValue, allowances[$0.rawValue] ?? RateAllowance()))
            }
        )
    }

    subscript(_ name: RateClass) -> RateLimiter? { limiters[name] }
}
