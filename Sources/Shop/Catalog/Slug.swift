import Foundation

/// The part of an address that names a thing: lower-case ASCII letters and digits, in words joined by hyphens.
package enum Slug {
    package static let maximumLength = 120

    /// `Café Crème, 250 g` → `cafe-creme-250-g`. Empty when nothing of the text can be written so.
    package static func make(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return ascii(text.lowercased()) }
        let latin = text.applyingTransform(.toLatin, reverse: false) ?? text
        return ascii(latin.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil))
    }

    private static func ascii(_ folded: String) -> String {
        var slug = ""
        for character in folded.unicodeScalars {
            if isAllowed(character) {
                slug.unicodeScalars.append(character)
            } else if !slug.isEmpty, slug.last != "-", character != "'", character != "’" {
                slug.append("-")
            }
            if slug.count == maximumLength { break }
        }
        while slug.last == "-" { slug.removeLast() }
        return slug
    }

    package static func isValid(_ slug: String) -> Bool {
        !slug.isEmpty && slug.count <= maximumLength && slug.first != "-" && slug.last != "-"
            && slug.unicodeScalars.allSatisfy { isAllowed($0) || $0 == "-" }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
    }
}
