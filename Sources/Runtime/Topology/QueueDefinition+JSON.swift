import Foundation

extension QueueDefinition: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case name, bindings, concurrency, retry, batch, urgent, scaling
        case deadlineSeconds = "deadline_seconds"
        case deliveryLimit = "delivery_limit"
        case rateLimit = "rate_limit"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            name: fields.decode(String.self, forKey: .name),
            bindings: fields.decode([String].self, forKey: .bindings),
            concurrency: fields.decode(Int.self, forKey: .concurrency),
            deadlineSeconds: fields.decode(Int.self, forKey: .deadlineSeconds),
            deliveryLimit: fields.decode(Int.self, forKey: .deliveryLimit),
            retry: fields.decode(Retry.self, forKey: .retry),
            batch: fields.decodeIfPresent(Batch.self, forKey: .batch),
            urgent: fields.decodeIfPresent(Urgent.self, forKey: .urgent),
            rateLimit: fields.decodeIfPresent(RateLimit.self, forKey: .rateLimit),
            scaling: fields.decode(Scaling.self, forKey: .scaling)
        )
    }

    /// - Parameter file: the path that errors name.
    init(json: Data, file: String) throws(TopologyError) {
        do {
            self = try JSONDecoder().decode(QueueDefinition.self, from: json)
        } catch {
            throw TopologyError(file: file, reading: error)
        }
    }
}

extension QueueDefinition.Retry: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case attempts, never
        case rungsSeconds = "rungs_seconds"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            rungsSeconds: fields.decode([Int].self, forKey: .rungsSeconds),
            attempts: fields.decode(Int.self, forKey: .attempts),
            never: fields.decodeIfPresent([String].self, forKey: .never) ?? []
        )
    }
}

extension QueueDefinition.Batch: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case size
        case maxWaitMs = "max_wait_ms"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            size: fields.decode(Int.self, forKey: .size),
            maxWaitMs: fields.decode(Int.self, forKey: .maxWaitMs)
        )
    }
}

extension QueueDefinition.Urgent: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case share }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(share: fields.decode(Int.self, forKey: .share))
    }
}

extension QueueDefinition.RateLimit: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case perSecond = "per_second" }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(perSecond: fields.decode(Int.self, forKey: .perSecond))
    }
}

extension QueueDefinition.Scaling: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case min, max, program
        case targetWaitSeconds = "target_wait_seconds"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseFieldsBeyond(CodingKeys.self)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            min: fields.decode(Int.self, forKey: .min),
            max: fields.decode(Int.self, forKey: .max),
            targetWaitSeconds: fields.decode(Int.self, forKey: .targetWaitSeconds),
            program: fields.decodeIfPresent(String.self, forKey: .program)
        )
    }
}

extension Decoder {
    /// A misspelt field would otherwise be a setting that silently does nothing.
    package func refuseFieldsBeyond<Keys: CodingKey & CaseIterable>(_ keys: Keys.Type) throws {
        let known = Set(keys.allCases.map(\.stringValue))
        for field in try container(keyedBy: AnyField.self).allKeys where !known.contains(field.stringValue) {
            let path = (codingPath.map(\.stringValue) + [field.stringValue]).joined(separator: ".")
            throw TopologyError(field: path, "no such field; known: \(known.sorted().joined(separator: ", "))")
        }
    }
}

private struct AnyField: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension TopologyError {
    /// - Parameter error: what decoding the file threw.
    package init(file: String, reading error: any Error) {
        switch error {
        case let error as TopologyError: self.init(file: file, field: error.field, error.problem)
        case let error as DecodingError: self.init(file: file, decoding: error)
        default: self.init(file: file, "\(error)")
        }
    }

    private init(file: String, decoding error: DecodingError) {
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            (context.codingPath + [key].compactMap(\.self))
                .map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
                .joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(file: file, field: path(context, key), "is missing")
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(file: file, field: path(context), "must be \(Self.article(type))")
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            self.init(file: file, field: path(context), context.debugDescription)
        case .dataCorrupted: self.init(file: file, "is not valid JSON")
        @unknown default: self.init(file: file, "\(error)")
        }
    }

    private static func article(_ type: any Any.Type) -> String {
        switch type {
        case is Int.Type: "a whole number"
        case is String.Type: "a string"
        case is [Int].Type, is [String].Type, is [Any].Type: "a list"
        default: "an object"
        }
    }
}
