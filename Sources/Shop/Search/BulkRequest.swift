import Foundation

/// One `_bulk` request: what it sends, and what its answer means for each operation.
struct BulkRequest: Equatable {
    struct Operation: Equatable {
        let productID: Int64
        /// `nil` deletes without a version, when the product is gone and nobody knows its last one.
        let version: Int64?
        /// `nil` deletes.
        let document: ProductDocument?
    }

    enum ItemResult: Equatable {
        case done
        /// Overloaded, or the index is not there yet.
        case unavailable(String)
        case refused(String)
    }

    let index: String
    let operations: [Operation]

    /// External versions: the engine keeps the newest version it has seen and refuses older ones, whatever the order in
    /// which jobs arrive.
    func body() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var body: [UInt8] = []
        for operation in operations {
            var target: [String: JSON] = ["_index": .string(index), "_id": .string(String(operation.productID))]
            if let version = operation.version {
                target["version"] = .integer(version)
                target["version_type"] = "external"
            }
            let action: JSON = [operation.document == nil ? "delete" : "index": .object(target)]
            body += try encoder.encode(action) + [UInt8(ascii: "\n")]
            if let document = operation.document { body += try encoder.encode(document) + [UInt8(ascii: "\n")] }
        }
        return body
    }

    /// - Throws: `SearchError.malformedAnswer` when the answer is not about these operations.
    func results(_ answer: Data) throws(SearchError) -> [ItemResult] {
        guard let items = try? JSONDecoder().decode(BulkAnswer.self, from: answer).items,
            items.count == operations.count
        else { throw .malformedAnswer }
        return items.map { $0.values.first?.result ?? .refused("an item without a result") }
    }
}

private struct BulkAnswer: Decodable {
    struct Item: Decodable {
        struct Cause: Decodable {
            let type: String?
            let reason: String?
        }

        let status: Int
        let error: Cause?

        var result: BulkRequest.ItemResult {
            let reason = "HTTP \(status): \(error?.reason ?? error?.type ?? "no reason given")"
            return switch status {
            case 200..<300: .done
            // The index has a newer version of the product: nothing is left to do.
            case 409: .done
            // Deleting what is not there; an index that is not there says so in `error`.
            case 404 where error == nil: .done
            case 404, 429, 500...: .unavailable(reason)
            default: .refused(reason)
            }
        }
    }

    let items: [[String: Item]]
}

extension BulkRequest.Operation {
    init(_ product: VersionedDocument) {
        self.init(productID: product.productID, version: product.version, document: product.document)
    }
}
