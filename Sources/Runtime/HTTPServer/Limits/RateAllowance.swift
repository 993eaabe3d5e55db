/// How many requests a minute one client may make on a class of routes. 0 means: as many as he likes.
public struct RateAllowance: Sendable, Equatable {
    /// From one address, behind which many people may be. An IPv6 address counts as its network of 64 bits, which is what
    /// one household has.
    public var perAddress: Int
    /// By one account, from wherever.
    public var perAccount: Int

    /// Without limits, unless they are given.
    public init(perAddress: Int = 0, perAccount: Int = 0) {
        self.perAddress = perAddress
        self.perAccount = perAccount
    }
}
