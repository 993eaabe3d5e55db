import Postgres
import Testing

@testable import ShopAPI

@Suite struct PositionTokensTests {
    private let tokens = PositionTokens(key: Array("a key".utf8))
    private let lsn = PostgresLSN(position: 0x16_B374_D848)

    @Test func comesBackAsItWent() {
        #expect(tokens.lsn(tokens.token(lsn)) == lsn)
    }

    @Test func refusesWhatWeDidNotSign() {
        let token = tokens.token(lsn)
        let signature = token.split(separator: ".")[1]
        #expect(tokens.lsn("ffffffffffffffff.\(signature)") == nil)
        #expect(PositionTokens(key: Array("another".utf8)).lsn(token) == nil)
        for text in ["", ".", "16b374d848", "16b374d848.", "x.y.z", String(token.dropLast())] {
            #expect(tokens.lsn(text) == nil)
        }
    }
}
