package import Validation

/// What a new account is made of.
package struct Registration: Equatable, Sendable {
    package let email: String
    package let password: String
    package let firstName: String
    package let lastName: String

    /// - Throws: `ValidationError` with every field that is wrong.
    package init(email: String, password: String, firstName: String, lastName: String) throws(ValidationError) {
        var validator = Validator()
        self.email = EmailRule.check(email, &validator)
        self.password = PasswordRule.check(password, "password", &validator)
        self.firstName = NameRule.check(firstName, "first_name", &validator)
        self.lastName = NameRule.check(lastName, "last_name", &validator)
        try validator.finish()
    }
}

enum NameRule {
    static func check(_ name: String, _ field: String, _ validator: inout Validator) -> String {
        validator.line(name, field, length: 1...100)
    }
}

enum EmailRule {
    /// The shape that mail servers agree on, not all of RFC 5321: no quoted local part, no address literal. Whether the
    /// mailbox exists only a mail can tell.
    static func check(_ email: String, _ validator: inout Validator) -> String {
        let email = validator.line(email, "email", length: 1...254)
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        let isShaped =
            parts.count == 2 && isLocalPart(parts[0])
            && isDomain(parts[1])
        validator.require(email.isEmpty || isShaped, "email", "must be an e-mail address")
        return email
    }

    /// Whether it is worth looking for: PostgreSQL's text holds no NUL.
    static func isPossible(_ email: String) -> Bool { email.utf8.count <= 254 && !email.utf8.contains(0) }

    private static func isLocalPart(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 64
            && labels.allSatisfy { label in !label.isEmpty && label.utf8.allSatisfy(localCharacters.contains) }
    }

    private static func isDomain(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy(domainCharacters.contains)
            }
    }

    private static let alphanumerics = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    private static let domainCharacters = Set((alphanumerics + "-").utf8)
    /// `atext` of RFC 5322 §3.2.3.
    private static let localCharacters = Set((alphanumerics + "!#$%&'*+-/=?^_`{|}~").utf8)
}

enum PasswordRule {
    /// Length is the rule that helps (NIST SP 800-63B §5.1.1.2, which counts code points); the upper bound keeps hashing cheap
    /// to refuse.
    static let length = 10...128

    static func check(_ password: String, _ field: String, _ validator: inout Validator) -> String {
        let count = password.unicodeScalars.count
        let isLongEnough = count >= length.lowerBound
        validator.require(isLongEnough, field, "must have at least \(length.lowerBound) characters")
        validator.require(
            count <= length.upperBound,
            field,
            "must have at most \(length.upperBound) characters"
        )
        return password
    }

    /// Whether an account can have this password: what cannot be is not worth a hash's time.
    static func isPossible(_ password: String) -> Bool { password.utf8.count <= length.upperBound * 4 }
}
