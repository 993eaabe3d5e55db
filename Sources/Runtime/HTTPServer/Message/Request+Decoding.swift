import Foundation

extension Request {
    /// The JSON body as `type`, by ``JSONCoding``.
    ///
    /// - Throws: 415 for a `Content-Type` that is not JSON, 400 for malformed JSON, 422 naming the field for a missing
    ///   one or one of the wrong type.
    public func decode<Value: Decodable>(_ type: Value.Type) throws(Problem) -> Value {
        if let contentType = headers["Content-Type"], !Self.isJSON(contentType) {
            throw .unsupportedMediaType(contentType)
        }
        guard !body.isEmpty else { throw .badRequest("The body is empty; JSON was expected.") }
        do {
            return try JSONCoding.decoder.decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw Problem(error)
        } catch let problem as Problem {
            throw problem
        } catch let fieldError as Problem.FieldError {
            throw .unprocessable([fieldError])
        } catch {
            throw .badRequest("The body could not be read.")
        }
    }

    /// `application/json` and every `…+json`, with or without parameters.
    private static func isJSON(_ contentType: String) -> Bool {
        let mediaType = contentType.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        return mediaType == "application/json" || (mediaType.hasPrefix("application/") && mediaType.hasSuffix("+json"))
    }
}

extension Problem {
    /// What a client did wrong, in its own words for the fields.
    init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            self = .unprocessable([FieldError(Self.path(context.codingPath + [key]), "is required")])
        case .valueNotFound(let type, let context):
            self = .unprocessable([FieldError(Self.path(context.codingPath), "must be \(Self.name(type)), not null")])
        case .typeMismatch(let type, let context):
            self = .unprocessable([FieldError(Self.path(context.codingPath), "must be \(Self.name(type))")])
        case .dataCorrupted(let context):
            // The parser reports broken JSON at the root, with its own error beneath; a value that a type refused has a
            // path, or nothing beneath.
            if context.codingPath.isEmpty, let parser = context.underlyingError as NSError? {
                let reason = parser.userInfo[NSDebugDescriptionErrorKey] as? String
                self = .badRequest("The body is not valid JSON\(reason.map { ": \($0)" } ?? ".")")
            } else {
                self = .unprocessable([FieldError(Self.path(context.codingPath), context.debugDescription)])
            }
        @unknown default:
            self = .badRequest("The body could not be read.")
        }
    }

    /// `items[0].unit_price`: the decoder's path holds property names, the client knows only `snake_case`.
    private static func path(_ codingPath: [any CodingKey]) -> String {
        var path = ""
        for key in codingPath {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += (path.isEmpty ? "" : ".") + snakeCase(key.stringValue)
            }
        }
        return path
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { result, character in
            result += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }

    private static func name(_ type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "true or false"
        case is any FixedWidthInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
        case is String.Type: "a string"
        case is Date.Type: "a time such as 2024-05-01T12:00:00Z"
        case is [Any].Type: "an array"
        case is [String: Any].Type: "an object"
        default: "of another type"
        }
    }
}
