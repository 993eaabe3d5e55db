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

    /// Gives an index that was made by an earlier version the fields that are new since, so that today's documents can be
    /// written to it. Without an index there is nothing to do.
    package func extendMapping() async throws(SearchError) {
        if try await behindAlias().isEmpty { return }
        let mapping: JSON = ["properties": ProductMapping.properties]
        try await engine.send("PUT", "/\(Self.alias)/_mapping", mapping).expectSuccess()
    }

    /// Whether there are documents that an earlier version wrote: each of today's says which categories it lies in.
    func hasOldDocuments() async throws(SearchError) -> Bool {
        let answer = try await engine.send(
            "POST",
            "/\(Self.alias)/_search",
            ["size": 0, "query": ["bool": ["must_not": [["exists": ["field": "categories"]]]]]]
        )
        try answer.expectSuccess()
        struct Found: Decodable {
            struct Hits: Decodable {
                struct Total: Decodable { let value: Int }
                let total: Total
            }
            let hits: Hits
        }
        guard let found = try? answer.decode(Found.self) else { throw .malformedAnswer }
        return found.hits.total.value > 0
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
