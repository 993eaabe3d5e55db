import Foundation

/// The index of products behind its alias. Programs read and write through the alias; only `Reindex` knows the name of
/// the index that stands behind it.
package struct SearchIndex: Sendable {
    static let alias = "products"

    let engine: SearchEngine

    package init(engine: SearchEngine) { self.engine = engine }

    /// The indices behind the alias: one, or none on an engine that has never been filled.
    func behindAlias() async throws(SearchError) -> [String] {
        let answer = try await engine.send("GET", "/_alias/\(Self.alias)")
        if answer.status == 404 { return [] }
        try answer.expectSuccess()
        struct Aliases: Decodable {}
        guard let indices = try? answer.decode([String: Aliases].self) else { throw .malformedAnswer }
        return indices.keys.sorted()
    }

    func create(_ name: String) async throws(SearchError) {
        try await engine.send("PUT", "/\(name)", ProductMapping.index).expectSuccess()
    }

    func delete(_ name: String) async throws(SearchError) {
        try await engine.send("DELETE", "/\(name)").expectSuccess()
    }

    /// In one step for everybody who searches: no moment without products, none with two indices.
    func pointAlias(to name: String, from old: [String]) async throws(SearchError) {
        let removals = old.map { JSON.object(["remove": ["index": .string($0), "alias": .string(Self.alias)]]) }
        let addition: JSON = ["add": ["index": .string(name), "alias": .string(Self.alias)]]
        try await engine.send("POST", "/_aliases", ["actions": .array(removals + [addition])]).expectSuccess()
    }

    func refresh(_ name: String) async throws(SearchError) {
        try await engine.send("POST", "/\(name)/_refresh").expectSuccess()
    }

    /// - Parameter requireAlias: without it the engine would make an index of the alias's name out of the first
    ///   document, with a mapping of its own guessing, when the alias is missing.
    func write(_ request: BulkRequest, requireAlias: Bool) async throws -> [BulkRequest.ItemResult] {
        if request.operations.isEmpty { return [] }
        let path = "/_bulk" + (requireAlias ? "?require_alias=true" : "")
        let answer = try await engine.send("POST", path, body: try request.body())
        try answer.expectSuccess()
        return try request.results(answer.body)
    }
}
