/// The shop's one way to divide money.
enum Rounding {
    /// `amount × numerator ÷ denominator`, half up. The product may be longer than 64 bits.
    ///
    /// - Precondition: nothing is negative, and the result fits.
    static func halfUp(_ amount: Int64, times numerator: Int64, over denominator: Int64) -> Int64 {
        Int64((Int128(amount) * Int128(numerator) + Int128(denominator) / 2) / Int128(denominator))
    }

    /// Splits `whole` in proportion to `weights`, so that the parts add up to it: what is lost by rounding down goes, one
    /// unit each, to those who lost most, of equals to the first. No part is larger than its weight while the whole is not
    /// larger than their sum.
    static func split(_ whole: Int64, by weights: [Int64]) -> [Int64] {
        let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
        guard sum > 0 else { return weights.map { _ in 0 } }
        let products = weights.map { Int128(whole) * Int128($0) }
        var parts = products.map { Int64($0 / sum) }
        let rest = Int(whole - parts.reduce(0, +))
        let losers = products.indices.sorted { (products[$0] % sum, -$0) > (products[$1] % sum, -$1) }
        for index in losers.prefix(rest) { parts[index] += 1 }
        return parts
    }
}
