import Orders

/// The HTML part of a mail. Styles are on the elements, since mail programs drop style sheets; everything that people
/// typed is escaped.
enum HTMLBody {
    static func render(_ wording: Wording, _ lines: OrderLines, _ order: Order, _ recipient: OrderMail.Recipient)
        -> String
    {
        let items = lines.lines.map { line in
            """
            <tr><td style="\(cell)">\(escape(line.name))<br><small>\(escape(line.sku))</small></td>\
            <td style="\(number)">\(line.quantity)</td><td style="\(number)">\(escape(line.unitPrice))</td>\
            <td style="\(number)">\(escape(line.total))</td></tr>
            """
        }
        let sums = lines.sums.map { sum in
            "<tr><td colspan=\"3\" style=\"\(cell)\">\(sum.label)</td>"
                + "<td style=\"\(number)\"><strong>\(escape(sum.amount))</strong></td></tr>"
        }
        let facts = wording.facts.map { fact in
            "<p>\(escape(fact.label)): <strong>\(escape(fact.value))</strong></p>\n"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(escape(wording.subject))</title></head>
            <body style="font-family: sans-serif; color: #222; max-width: 40em; margin: 2em auto">
            <h1 style="font-size: 1.4em">\(escape(wording.heading))</h1>
            <p>Hello \(escape(recipient.firstName)),</p>
            <p>\(escape(wording.paragraph))</p>
            \(facts.joined())\
            <table style="border-collapse: collapse; width: 100%">
            <tr><th style="\(cell)">Order \(escape(order.number.rawValue))</th><th style="\(number)">Quantity</th>\
            <th style="\(number)">Price</th><th style="\(number)">Total</th></tr>
            \(items.joined(separator: "\n"))
            \(sums.joined(separator: "\n"))
            </table>
            <p>It goes to:<br>\(order.shippingAddress.parcelLines.map(escape).joined(separator: "<br>"))</p>
            </body>
            </html>

            """
    }

    private static let cell = "padding: 0.4em; border-bottom: 1px solid #ddd; text-align: left"
    private static let number = "padding: 0.4em; border-bottom: 1px solid #ddd; text-align: right"

    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
