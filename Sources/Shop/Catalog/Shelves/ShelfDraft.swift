import Validation

/// A category as an admin writes it.
package struct CategoryDraft: Equatable, Sendable {
    package static let positions = 0...1_000_000

    package var name: String
    /// Made of the name when absent.
    package var slug: String?
    /// The slug of the category above; `nil` at the top.
    package var parent: String?
    /// Among its siblings; the same position is ordered by name.
    package var position: Int

    package init(name: String, slug: String?, parent: String?, position: Int) {
        self.name = name
        self.slug = slug
        self.parent = parent
        self.position = position
    }

    /// - Throws: `ValidationError` with every field that is wrong.
    func validated() throws(ValidationError) -> CategoryDraft {
        var validator = Validator()
        var draft = self
        draft.name = validator.line(name, "name", length: ProductLimits.category)
        draft.slug = validator.slug(slug, orOf: draft.name)
        validator.require(
            Self.positions.contains(position),
            "position",
            "must be from 0 to \(Self.positions.upperBound)"
        )
        try validator.finish()
        return draft
    }
}

package struct Brand: Equatable, Sendable {
    package let slug: String
    package let name: String
}

/// A brand as an admin writes it.
package struct BrandDraft: Equatable, Sendable {
    package var name: String
    /// Made of the name when absent.
    package var slug: String?

    package init(name: String, slug: String?) {
        self.name = name
        self.slug = slug
    }

    /// - Throws: `ValidationError` with every field that is wrong.
    func validated() throws(ValidationError) -> Brand {
        var validator = Validator()
        let name = validator.line(name, "name", length: ProductLimits.brand)
        let slug = validator.slug(slug, orOf: name)
        try validator.finish()
        return Brand(slug: slug, name: name)
    }
}

extension Validator {
    fileprivate mutating func slug(_ slug: String?, orOf name: String) -> String {
        let slug = slug ?? Slug.make(name)
        require(
            Slug.isValid(slug),
            "slug",
            "must be lower-case letters and digits joined by single hyphens, at most \(Slug.maximumLength) characters"
        )
        return slug
    }
}
