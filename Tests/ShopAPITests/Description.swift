import Foundation

@testable import ShopAPI

/// docs/openapi.yaml, as tests ask it.
struct Description {
    struct Operation {
        let path: String
        let method: String
        /// What the path says for all its methods.
        let item: YAMLValue
        let value: YAMLValue

        var name: String { "\(method.uppercased()) \(path)" }
        var statuses: Set<String> { Set((value["responses"]?.members ?? []).map(\.key)) }
        /// The names of the schemes, one of which is enough.
        var security: [String] { (value["security"]?.elements ?? []).flatMap { $0.members.map(\.key) } }
    }

    let root: YAMLValue

    init() throws {
        root = try YAMLReader.read(String(contentsOfFile: "docs/openapi.yaml", encoding: .utf8))
    }

    var operations: [Operation] {
        (root["paths"]?.members ?? []).flatMap { path in
            path.value.members.filter { ["get", "post", "put", "patch", "delete"].contains($0.key) }.map {
                Operation(path: path.key, method: $0.key, item: path.value, value: $0.value)
            }
        }
    }

    func parameters(of operation: Operation) -> [YAMLValue] {
        ((operation.item["parameters"]?.elements ?? []) + (operation.value["parameters"]?.elements ?? [])).map(resolve)
    }

    /// The value that a `$ref` stands for; any other value as it is.
    func resolve(_ value: YAMLValue) -> YAMLValue {
        value["$ref"]?.string.flatMap(target).map(resolve) ?? value
    }

    func target(of reference: String) -> YAMLValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(root as YAMLValue?) { $0?[String($1)] }
    }

    /// The members that a schema requires, by itself or by one that it is made of.
    func required(by schema: YAMLValue?) -> Set<String> {
        guard let schema = schema.map(resolve) else { return [] }
        let own = (schema["required"]?.elements ?? []).compactMap(\.string)
        return (schema["allOf"]?.elements ?? []).reduce(into: Set(own)) { $0.formUnion(required(by: $1)) }
    }

    var references: [String] { Self.references(in: root) }

    private static func references(in value: YAMLValue) -> [String] {
        let own = value["$ref"]?.string.map { [$0] } ?? []
        return own + (value.members.map(\.value) + value.elements).flatMap(references)
    }
}
