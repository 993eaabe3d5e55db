import Threading

/// Counts the requests of each client on one class of routes, in this process alone: with several processes behind a
/// balancer a client may make as many times more.
///
/// A client may make a minute's requests at once, and then as many as come back to it with time.
public final class RateLimiter: Sendable {
    private enum Address: Hashable {
        case network(IPAddress)
        case unknown(String)
    }

    private let name: String
    private let addresses: Lock<TokenBuckets<Address>>?
    private let accounts: Lock<TokenBuckets<Int64>>?
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - name: of the class of routes, for the answers' `RateLimit` fields.
    ///   - maximumKeys: clients remembered at most.
    public init(
        _ name: String,
        _ allowance: RateAllowance,
        maximumKeys: Int = 100_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.name = name
        self.now = now
        addresses = Self.buckets(allowance.perAddress, maximumKeys)
        accounts = Self.buckets(allowance.perAccount, maximumKeys)
    }

    private static func buckets<Key: Hashable & Sendable>(_ capacity: Int, _ maximumKeys: Int) -> Lock<
        TokenBuckets<Key>
    >? {
        guard capacity > 0 else { return nil }
        return Lock(TokenBuckets(capacity: capacity, per: .seconds(60), maximumKeys: maximumKeys))
    }

    /// Counts a request from an address.
    ///
    /// - Throws: 429 with `Retry-After` and `RateLimit` when it is one too many.
    public func admit(address: String) throws(Problem) {
        guard let addresses else { return }
        let key = IPAddress(address).map { Address.network($0.network) } ?? .unknown(address)
        try admit(key, addresses, "From this address come more requests than the \(name) routes take.")
    }

    /// Counts a request by an account.
    ///
    /// - Throws: 429 with `Retry-After` and `RateLimit` when it is one too many.
    public func admit(account: Int64) throws(Problem) {
        guard let accounts else { return }
        try admit(account, accounts, "This account makes more requests than the \(name) routes take.")
    }

    private func admit<Key: Hashable & Sendable>(
        _ key: Key,
        _ buckets: Lock<TokenBuckets<Key>>,
        _ detail: @autoclosure () -> String
    ) throws(Problem) {
        let now = now()
        let (verdict, capacity) = buckets.withLock { ($0.take(key, at: now), $0.capacity) }
        if verdict.isAllowed { return }
        var problem = Problem.tooManyRequests(detail(), retryAfter: verdict.wait)
        // draft-ietf-httpapi-ratelimit-headers-10: what the policy is, what is left of it, and when there will be more.
        problem.headers["RateLimit-Policy"] = "\"\(name)\";q=\(capacity);w=60"
        problem.headers["RateLimit"] = "\"\(name)\";r=0;t=\(problem.headers["Retry-After"] ?? "1")"
        throw problem
    }
}

extension IPAddress {
    /// What counts as one client.
    fileprivate var network: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}
