import Foundation

/// docs/openapi.yaml as JSON, and the page that shows it: read once, at the program's start.
package struct APIDocument: Sendable {
    /// A folder that does not hold what it should, or a description that cannot be read.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    let json: [UInt8]
    let page: [UInt8]
    let style: [UInt8]
    let script: [UInt8]

    /// - Parameter directory: holds `openapi.yaml`, and `page/index.html`, `page/style.css` and `page/script.js`.
    package init(directory: String) throws(Failure) {
        func read(_ name: String) throws(Failure) -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                throw Failure(description: "cannot read \(directory)/\(name): set DOCUMENTS_DIRECTORY to its folder")
            }
            return Array(data)
        }
        page = try read("page/index.html")
        style = try read("page/style.css")
        script = try read("page/script.js")
        do {
            let document = try YAMLReader.read(String(decoding: try read("openapi.yaml"), as: UTF8.self))
            json = try document.completed.json()
        } catch {
            throw (error as? Failure) ?? Failure(description: "\(directory)/openapi.yaml: \(error)")
        }
    }
}

extension YAMLValue {
    /// The description with what is written once for all in it: the answers of `x-common-responses` in each operation under
    /// `/api` that does not have its own.
    var completed: YAMLValue {
        let common = self["x-common-responses"]?.members ?? []
        let rest = YAMLValue.object(members.filter { $0.key != "x-common-responses" })
        return rest.changing("paths") { paths in
            paths.changingMembers { path, item in
                guard path.hasPrefix("/api/") else { return item }
                return item.changingMembers { _, operation in
                    operation.changing("responses") { answers in
                        let missing = common.filter { answers[$0.key] == nil }
                        return .object((answers.members + missing).sorted { $0.key < $1.key })
                    }
                }
            }
        }
    }

    private func changing(_ key: String, _ change: (YAMLValue) -> YAMLValue) -> YAMLValue {
        changingMembers { $0 == key ? change($1) : $1 }
    }

    private func changingMembers(_ change: (String, YAMLValue) -> YAMLValue) -> YAMLValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { .init(key: $0.key, value: change($0.key, $0.value)) })
    }
}
