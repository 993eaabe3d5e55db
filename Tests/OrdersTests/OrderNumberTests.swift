import Foundation
import Testing

@testable import Orders

@Suite struct OrderNumberTests {
    @Test func saysItsDayInUTC() {
        let justBeforeMidnight = Date(timeIntervalSince1970: 1_795_305_599)
        let number = OrderNumber(date: justBeforeMidnight, random: [0, 0, 0, 0, 0])
        #expect(number.rawValue == "W-261121-00000000")
    }

    @Test func spendsAllFortyBits() {
        let date = Date(timeIntervalSince1970: 0)
        #expect(OrderNumber(date: date, random: [255, 255, 255, 255, 255]).rawValue == "W-700101-ZZZZZZZZ")
        #expect(Set((0..<10_000).map { _ in OrderNumber.generate(at: date).rawValue }).count == 10_000)
    }

    @Test func readsWhatPeopleType() {
        #expect(OrderNumber(rawValue: "w-261121-oil0abcd")?.rawValue == "W-261121-0110ABCD")
    }

    @Test(arguments: [
        "", "W-261121", "W-26112-AAAAAAAA", "X-261121-AAAAAAAA", "W-261121-AAAAAAAU", "W-261121-AAAAAAA",
        "W-٢61121-AAAAAAAA", "W-261121-AAAAAAAA-",
    ])
    func refusesWhatIsNoNumber(_ text: String) {
        #expect(OrderNumber(rawValue: text) == nil)
    }
}
