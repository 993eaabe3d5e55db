/// An amount in the minor unit of its currency: `Money(1234, EUR)` is twelve euros and thirty-four cents.
package struct Money: Hashable, Sendable {
    package let amount: Int64
    package let currency: Currency

    package init(_ amount: Int64, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }

    /// For people: `£1,234.50`, `¥800`, `CHF 19.90`, `-€3.00`.
    package var formatted: String {
        let symbol = Self.symbols[currency.rawValue] ?? currency.rawValue + " "
        return (amount < 0 ? "-" : "") + symbol + digits
    }

    private var digits: String {
        var digits = String(amount.magnitude)
        let missing = currency.exponent + 1 - digits.count
        if missing > 0 { digits = String(repeating: "0", count: missing) + digits }
        let whole = digits.dropLast(currency.exponent)
        let fraction = digits.suffix(currency.exponent)
        var grouped = ""
        for (offset, digit) in whole.enumerated() {
            if offset > 0, (whole.count - offset).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return fraction.isEmpty ? grouped : "\(grouped).\(fraction)"
    }

    private static let symbols = ["EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"]
}
