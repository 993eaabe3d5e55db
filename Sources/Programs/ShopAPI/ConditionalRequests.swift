import Catalog
import Crypto
import HTTPServer

/// Conditional requests (RFC 9110 §13): a client that has the answer already is told so in a few bytes, and an edit that is
/// meant for another version of a product than the one there is, is refused.
///
/// The tag of a list is made of its bytes. The tag of a product has the product's version in front: an edit depends on what
/// was edited, and not on how many pieces were sold since.
enum EntityTag {
    static func make(_ bytes: [UInt8], version: Int64? = nil) -> String {
        // 96 bits: nobody gains by two answers of one address that share a tag.
        let hash = Base64URL.encode(Array(SHA256.hash(bytes).prefix(12)))
        return version.map { "\"\($0)-\(hash)\"" } ?? "\"\(hash)\""
    }

    /// The tags of an `If-Match` or `If-None-Match`; `nil` for `*`. What is no tag is left out: it matches nothing.
    static func list(_ fields: [String]) -> [Substring]? {
        let tags: [Substring] = fields.flatMap { (field: String) -> [Substring] in
            field.split { $0 == "," || $0 == " " || $0 == "\t" }
        }
        return tags.contains("*") ? nil : tags
    }

    /// The version in a tag of a product.
    static func version(_ tag: Substring) -> Int64? {
        guard tag.hasPrefix("\""), tag.hasSuffix("\""), let dash = tag.firstIndex(of: "-") else { return nil }
        return Int64(tag[tag.index(after: tag.startIndex)..<dash])
    }
}

extension Response {
    /// A read of the catalog: everybody may keep it, and asks with its tag whether it still holds. No time of grace: a
    /// seller who has just changed a price sees the new one.
    func catalog(for request: Request, version: Int64? = nil) -> Response {
        var response = tagged(version)
        response.headers["Cache-Control"] = "public, no-cache"
        guard let tag = response.headers["ETag"] else { return response }
        let wanted = request.headers.all("If-None-Match")
        if wanted.isEmpty { return response }
        // The weak comparison, as §13.1.2 asks for: a proxy may have marked the tag as weak.
        let known = EntityTag.list(wanted)?.contains { $0 == tag || $0 == "W/" + tag } ?? true
        if !known { return response }
        response.status = 304
        response.headers["Content-Type"] = nil
        response.body = .bytes([])
        return response
    }

    /// With its entity tag.
    func tagged(_ version: Int64? = nil) -> Response {
        guard case .bytes(let bytes) = body else { return self }
        var response = self
        response.headers["ETag"] = EntityTag.make(bytes, version: version)
        return response
    }
}

extension Request {
    /// What `If-Match` asks for of a product.
    var versionCondition: VersionCondition {
        let fields = headers.all("If-Match")
        guard !fields.isEmpty, let tags = EntityTag.list(fields) else { return .any }
        return .oneOf(Set(tags.compactMap(EntityTag.version)))
    }
}
