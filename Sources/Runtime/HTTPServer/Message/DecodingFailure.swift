import Foundation

/// What a client did wrong with its JSON, in its own words for the fields.
struct DecodingFailure {
    let problem: Problem

    init(_ error: DecodingError, body: [UInt8], decoding type: any Decodable.Type) {
        switch error {
        case .keyNotFound(let key, let context):
            problem = Self.invalid(context.codingPath + [key], "is required")
        case .valueNotFound(let type, let context):
            problem = Self.invalid(context.codingPath, "must be \(Self.name(type)), not null")
        case .typeMismatch(let type, let context):
            problem = Self.invalid(context.codingPath, "must be \(Self.name(type))")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            problem = Self.malformed(body) ?? Self.unfitNumber(body, type) ?? Self.invalid([], context.debugDescription)
        case .dataCorrupted(let context):
            // The message of a raw-value enum names the Swift type.
            let isEnum = context.debugDescription.hasPrefix("Cannot initialize")
            problem = Self.invalid(
                context.codingPath,
                isEnum ? "is not one of the accepted values" : context.debugDescription
            )
        @unknown default:
            problem = .badRequest("The body could not be read.")
        }
    }

    private static func invalid(_ path: [any CodingKey], _ message: String) -> Problem {
        .unprocessable([.init(name(path), message)])
    }

    /// The decoder has one message for broken JSON and for good JSON with a number that does not fit its field.
    ///
    /// - Returns: nil if the JSON is good.
    private static func malformed(_ body: [UInt8]) -> Problem? {
        do {
            _ = try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)
            return nil
        } catch {
            let reason = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            return .badRequest("The body is not valid JSON\(reason.map { ": \($0.prefix(120))" } ?? ".")")
        }
    }

    /// Finds the field whose number is no integer, or too large: the decoder does not say where it is. Each such number is
    /// replaced by null in turn, until decoding complains of that very null in the place of an integer.
    private static func unfitNumber(_ body: [UInt8], _ type: any Decodable.Type) -> Problem? {
        // Bounded, since every candidate costs one decoding.
        guard body.count <= 64 * 1024, let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(body)) else {
            return nil
        }
        for path in tree.unfitNumbers.prefix(16) {
            guard let json = try? JSONEncoder().encode(tree.replacing(path[...])) else { continue }
            do {
                _ = try JSONCoding.decoder.decode(type, from: json)
            } catch DecodingError.typeMismatch(let type, let context) where type is any FixedWidthInteger.Type {
                return invalid(context.codingPath, "must be \(name(type)) that fits")
            } catch DecodingError.valueNotFound(let type, let context) where type is any FixedWidthInteger.Type {
                return invalid(context.codingPath, "must be \(name(type)) that fits")
            } catch {
                continue
            }
        }
        return nil
    }

    /// `items[0].quantity`
    private static func name(_ path: [any CodingKey]) -> String {
        path.reduce(into: "") { name, key in
            if let index = key.intValue {
                name += "[\(index)]"
            } else {
                name += (name.isEmpty ? "" : ".") + key.stringValue
            }
        }
    }

    private static func name(_ type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
        case is String.Type: "a string"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "of another type"
        }
    }
}
