import Testing

@testable import Catalog

@Suite struct MoneyTests {
    @Test(arguments: [
        (0, "EUR", "€0.00"), (5, "GBP", "£0.05"), (1_999, "USD", "$19.99"), (123_456_789, "EUR", "€1,234,567.89"),
        (100_000, "GBP", "£1,000.00"), (99_999, "GBP", "£999.99"), (800, "JPY", "¥800"),
        (1_234_567, "JPY", "¥1,234,567"),
        (1_234, "KWD", "KWD 1.234"), (7, "KWD", "KWD 0.007"), (-300, "EUR", "-€3.00"), (1_990, "CHF", "CHF 19.90"),
        (Int64.min, "JPY", "-¥9,223,372,036,854,775,808"),
    ])
    func readsAsPeopleWriteIt(_ amount: Int64, _ code: String, _ expected: String) throws {
        #expect(Money(amount, try #require(Currency(rawValue: code))).formatted == expected)
    }

    @Test(arguments: ["", "eur", "EURO", "XXX", "XAU", "EU€"])
    func refusesWhatIsNoCurrency(_ code: String) {
        #expect(Currency(rawValue: code) == nil)
    }
}
