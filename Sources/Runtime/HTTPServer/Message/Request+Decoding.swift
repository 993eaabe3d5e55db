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
            throw DecodingFailure(error, body: body, decoding: type).problem
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
