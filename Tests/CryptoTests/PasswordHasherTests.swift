import Crypto
import Testing

@Suite struct PasswordHasherTests {
    /// Cheap parameters: these tests are about our code, not about the cost.
    private func cheap(maximumConcurrency: Int = 2, maximumWaiting: Int = 64) -> PasswordHasher {
        PasswordHasher(
            memoryKiB: 64,
            iterations: 1,
            maximumConcurrency: maximumConcurrency,
            maximumWaiting: maximumWaiting
        )
    }

    @Test func hashesVerify() async throws {
        let hasher = PasswordHasher()
        let phc = try await hasher.hash("correct horse battery staple")
        #expect(phc.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try await hasher.verify("correct horse battery staple", against: phc))
        #expect(try await !hasher.verify("correct horse battery stapl", against: phc))
        #expect(try await !hasher.verify("", against: phc))
    }

    /// A vector of the reference implementation's own test suite.
    @Test func foreignHashesVerify() async throws {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(try await cheap().verify("password", against: phc))
        #expect(try await !cheap().verify("Password", against: phc))
    }

    @Test func saltIsFresh() async throws {
        let hasher = cheap()
        #expect(try await hasher.hash("same") != hasher.hash("same"))
    }

    @Test func oneLetterInTwoSpellingsIsOnePassword() async throws {
        let hasher = cheap()
        let phc = try await hasher.hash("caf\u{e9}")
        #expect(try await hasher.verify("cafe\u{301}", against: phc))
    }

    @Test func longAndEmptyPasswordsWork() async throws {
        let hasher = cheap()
        for password in ["", "a\0b", String(repeating: "ü", count: 100_000)] {
            let phc = try await hasher.hash(password)
            #expect(try await hasher.verify(password, against: phc))
            #expect(try await !hasher.verify(password + "x", against: phc))
        }
    }

    @Test func otherParametersAskForARehash() async throws {
        let phc = try await cheap().hash("secret")
        #expect(!cheap().needsRehash(phc))
        #expect(PasswordHasher().needsRehash(phc))
        #expect(try await PasswordHasher().verify("secret", against: phc))
        #expect(cheap().needsRehash("$2b$12$abcdefghijklmnopqrstuv"))
    }

    @Test(arguments: [
        "", "secret", "$argon2id$", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAA",
        "$argon2id$v=19$m=64,t=1,p=1$!!!!$AAAA", "$argon2id$v=19$m=x,t=1,p=1$c29tZXNhbHQ$AAAA",
    ])
    func whatIsNoHashIsAnError(phc: String) async {
        await #expect(throws: CryptoError.malformedHash) { try await cheap().verify("secret", against: phc) }
    }

    @Test func moreThanTheLineHoldsAreRefusedAtOnce() async {
        let hasher = cheap(maximumConcurrency: 1, maximumWaiting: 3)
        let outcomes = await withTaskGroup(of: CryptoError?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do throws(CryptoError) {
                        _ = try await hasher.hash("flood")
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: [CryptoError?]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count >= 4)
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .busy })
    }

    @Test func everyoneWhoFitsIsServed() async throws {
        let hasher = cheap(maximumConcurrency: 2, maximumWaiting: 100)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let phc = try await hasher.hash("password \(index)")
                    return try await hasher.verify("password \(index)", against: phc)
                }
            }
            for try await isValid in group { #expect(isValid) }
        }
    }

    @Test func cancelledCallersLeaveTheLine() async throws {
        let hasher = cheap(maximumConcurrency: 1, maximumWaiting: 50)
        let tasks = (0..<50).map { _ in Task { try await hasher.hash("late") } }
        for task in tasks { task.cancel() }
        for task in tasks {
            do { _ = try await task.value } catch { #expect(error as? CryptoError == .cancelled) }
        }
        // No slot was lost on the way.
        #expect(try await hasher.verify("next", against: hasher.hash("next")))
    }
}
