package import Messages

/// A mail about an account, rendered: a pure function of who gets it and of the link in it.
package struct AccountMail: Equatable, Sendable {
    package let subject: String
    package let text: String
    package let html: String

    /// - Parameters:
    ///   - publicURL: where people find the shop's pages.
    ///   - token: goes behind `#`: browsers send that part to no server, so that it is in nobody's log.
    package init(_ template: SendAccountMail.Template, firstName: String, publicURL: String, token: String) {
        let wording = AccountWording(template)
        let base = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
        let link = "\(base)/\(wording.page)#token=\(token)"
        subject = wording.subject
        text = """
            Hello \(firstName),

            \(wording.paragraph)

            \(link)

            \(wording.otherwise)

            """
        html = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(HTMLBody.escape(wording.subject))</title></head>
            <body style="font-family: sans-serif; color: #222; max-width: 40em; margin: 2em auto">
            <h1 style="font-size: 1.4em">\(HTMLBody.escape(wording.subject))</h1>
            <p>Hello \(HTMLBody.escape(firstName)),</p>
            <p>\(HTMLBody.escape(wording.paragraph))</p>
            <p><a href="\(HTMLBody.escape(link))">\(HTMLBody.escape(wording.action))</a></p>
            <p>\(HTMLBody.escape(wording.otherwise))</p>
            </body>
            </html>

            """
    }
}

/// What the templates say differently.
private struct AccountWording {
    let subject: String
    let paragraph: String
    let action: String
    /// For who did not ask for it.
    let otherwise: String
    /// The web client's page that takes the token.
    let page: String

    init(_ template: SendAccountMail.Template) {
        switch template {
        case .verifyEmail:
            subject = "Confirm your e-mail address"
            paragraph = "Please confirm that this is your e-mail address. The link works once, within 24 hours."
            action = "Confirm the address"
            otherwise = "If you did not ask for this, ignore this mail: nothing will happen."
            page = "verify-email"
        case .resetPassword:
            subject = "Choose a new password"
            paragraph = "Somebody, probably you, asked for a new password. The link works once, within an hour."
            action = "Choose a new password"
            otherwise = "If it was not you, ignore this mail: your password stays as it is."
            page = "reset-password"
        }
    }
}
