/// Refuses a request whose `Accept` none of the route's content types fits, before anything is done for it (RFC 9110
/// §12.5.1). An error is always told as `application/problem+json`.
public struct Produces: Middleware {
    private let types: [String]

    /// - Parameter types: media types without parameters, in lower case.
    public init(_ types: [String]) { self.types = types }

    /// Answers as `next` does, or with 406.
    public func respond(to request: Request, next: Handler) async throws -> Response {
        let accepts = request.headers.all("Accept")
        if !accepts.isEmpty {
            let ranges = accepts.flatMap { $0.split(separator: ",") }.compactMap(MediaRange.init)
            if !ranges.isEmpty, !types.contains(where: { MediaRange.admit($0, ranges) }) {
                throw Problem.notAcceptable(types)
            }
        }
        return try await next(request)
    }
}

/// One part of an `Accept` field.
private struct MediaRange {
    let type: Substring
    let subtype: Substring
    let isRefusal: Bool

    init?(_ part: Substring) {
        let pieces = part.lowercased().filter { $0 != " " && $0 != "\t" }.split(separator: ";")
        guard let names = pieces.first?.split(separator: "/"), names.count == 2 else { return nil }
        type = names[0]
        subtype = names[1]
        isRefusal = pieces.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
    }

    /// Whether the range that fits `mediaType` best wants it.
    static func admit(_ mediaType: String, _ ranges: [MediaRange]) -> Bool {
        let names = mediaType.split(separator: "/")
        let fits = ranges.filter { range in
            (range.type == "*" || range.type == names.first) && (range.subtype == "*" || range.subtype == names.last)
        }
        func precision(_ range: MediaRange) -> Int { (range.type == "*" ? 0 : 1) + (range.subtype == "*" ? 0 : 1) }
        return fits.max { precision($0) < precision($1) }.map { !$0.isRefusal } ?? false
    }
}
