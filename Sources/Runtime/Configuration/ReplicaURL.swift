import Foundation

/// A replica as `DATABASE_REPLICA_URLS` names it: a libpq URI, and beside libpq's own parameters `weight`, the replica's
/// share of the reads against the others' (1 where it says nothing, 0 for none).
package struct ReplicaURL: Sendable, Equatable {
    /// For libpq.
    package let url: String
    package let weight: Int

    /// - Throws: for what is no libpq URI, or a weight that is no whole number from 0 to 1000.
    package init(_ text: String) throws(SettingProblem) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let parameters = parts.count == 2 ? parts[1].split(separator: "&") : []
        var weight = 1
        for parameter in parameters where parameter.hasPrefix("weight=") {
            guard let number = Int(parameter.dropFirst("weight=".count)), (0...1000).contains(number) else {
                throw SettingProblem("its weight is no whole number from 0 to 1000")
            }
            weight = number
        }
        let rest = parameters.filter { !$0.hasPrefix("weight=") }.joined(separator: "&")
        url = try SettingParsers.postgresURL(String(parts[0]) + (rest.isEmpty ? "" : "?" + rest))
        self.weight = weight
    }
}
