import Crypto
import Foundation
import Testing

@Suite struct JWTMemoryTests {
    /// In a process of its own, so that no other test's memory is counted. One object of libcjose forgotten per round
    /// would show as megabytes.
    @Test func tenThousandRoundsLeaveNothingBehind() async {
        await #expect(processExitsWith: .success) {
            let jwt = JWT(
                keys: try JWTKeys(parsing: "k:\(Base64URL.encode(Random.bytes(32)))"),
                issuer: "wharf"
            )
            let wrong = JWT(
                keys: try JWTKeys(parsing: "k:\(Base64URL.encode(Random.bytes(32)))"),
                issuer: "wharf"
            )
            func rounds(_ count: Int) throws {
                for _ in 0..<count {
                    let claims = JWTClaims(
                        subject: "user-1",
                        use: .access,
                        role: "customer",
                        issuedAt: Date(),
                        expiresAt: Date(timeIntervalSinceNow: 60)
                    )
                    let token = try jwt.sign(claims)
                    let verified = try jwt.verify(token, use: .access)
                    precondition(verified == claims)
                    for refusing in [wrong, jwt] {
                        do {
                            _ = try refusing.verify(token + "A", use: .access)
                            preconditionFailure("a forged token passed")
                        } catch {}
                    }
                }
            }
            try rounds(500)
            let before = try Self.residentBytes()
            try rounds(10_000)
            let growth = try Self.residentBytes() - before
            precondition(growth < 2_000_000, "10,000 rounds left \(growth) bytes behind")
        }
    }

    private static func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(Int(pages[1])) * 4_096
    }
}
