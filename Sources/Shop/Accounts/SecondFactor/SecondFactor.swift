package import Crypto
package import Database
import Foundation
import Postgres

/// The second factor of an account: time-based codes of an app, and recovery codes for when the app is lost.
package struct SecondFactor: Sendable {
    package struct State: Equatable, Sendable {
        package let isEnabled: Bool
        package let recoveryCodesLeft: Int
    }

    package struct Enrolment: Equatable, Sendable {
        /// Base32, for typing it into the app.
        package let secret: String
        /// `otpauth://…`, for a QR code.
        package let uri: String
    }

    /// Enough for years of lost telephones, few enough to print.
    package static let recoveryCodeCount = 10

    private let database: Database
    private let checkPassword: PasswordCheck

    package init(database: Database, hasher: PasswordHasher) {
        self.database = database
        checkPassword = PasswordCheck(database: database, hasher: hasher)
    }

    /// Read on the primary: who has just enabled it wants to see it.
    package func state(_ userID: Int64) async throws -> State {
        let answers = try await database.read(.primary) { session in
            try await session.pipeline([
                "SELECT FROM totp_factors WHERE user_id = \(userID) AND confirmed_at IS NOT NULL",
                "SELECT count(*) FROM recovery_codes WHERE user_id = \(userID)",
            ])
        }
        return State(isEnabled: !answers[0].isEmpty, recoveryCodesLeft: try answers[1][0].decode(0, as: Int.self))
    }

    /// Makes a secret, which counts once ``confirm(_:code:)`` has seen a code of it. Enrolling anew before that replaces
    /// it.
    ///
    /// - Throws: `AccountError.otpAlreadyEnabled` beside those of a wrong password.
    package func enrol(_ userID: Int64, password: String) async throws -> Enrolment {
        let account = try await checkPassword(password, of: userID)
        let secret = Random.bytes(TOTP.secretBytes)
        let written = try await database.write([
            """
            INSERT INTO totp_factors AS f (user_id, secret) VALUES (\(userID), \(secret))
            ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = now()
            WHERE f.confirmed_at IS NULL
            RETURNING f.user_id
            """,
            PasswordCheck.forgive(userID),
        ])
        if written[0].isEmpty { throw AccountError.otpAlreadyEnabled }
        return Enrolment(
            secret: Base32.encode(secret),
            uri: TOTP(secret: secret).keyURI(issuer: "Wharf", account: account.user.email)
        )
    }

    /// - Returns: the recovery codes, which are shown this once.
    /// - Throws: `AccountError.otpNotEnabled` without an enrolment, `.otpAlreadyEnabled`, `.otpRefused`,
    ///   `.tooManyAttempts`.
    package func confirm(_ userID: Int64, code: String) async throws -> [String] {
        try await countAttempt(userID)
        let codes = (0..<Self.recoveryCodeCount).map { _ in RecoveryCode.make() }
        _ = try await database.write { transaction in
            guard let factor = try await Self.lock(userID, in: transaction) else { throw AccountError.otpNotEnabled }
            if factor.isConfirmed { throw AccountError.otpAlreadyEnabled }
            guard let step = factor.step(of: code) else { throw AccountError.otpRefused }
            transaction.enqueue(
                "UPDATE totp_factors SET confirmed_at = now(), last_step = \(step) WHERE user_id = \(userID)"
            )
            transaction.enqueue(
                """
                INSERT INTO recovery_codes (user_id, code_hash)
                SELECT \(userID)::bigint, hash FROM unnest(\(codes.map(RecoveryCode.hash))::bytea[]) AS hash
                """
            )
            transaction.enqueue(PasswordCheck.forgive(userID))
        }
        return codes
    }

    /// - Throws: `AccountError.otpNotEnabled`, `.otpRefused` beside those of a wrong password.
    package func disable(_ userID: Int64, password: String, code: String) async throws {
        let account = try await checkPassword(password, of: userID)
        guard account.hasSecondFactor else { throw AccountError.otpNotEnabled }
        _ = try await database.write { transaction in
            guard try await Self.spend(code, userID: userID, in: transaction) else { throw AccountError.otpRefused }
            transaction.enqueue("DELETE FROM totp_factors WHERE user_id = \(userID)")
            transaction.enqueue(PasswordCheck.forgive(userID))
        }
    }

    /// Takes a code of the app, or a recovery code, and never again.
    ///
    /// - Returns: whether it was good.
    static func spend(_ code: String, userID: Int64, in transaction: PostgresTransaction) async throws -> Bool {
        guard let factor = try await lock(userID, in: transaction), factor.isConfirmed else { return false }
        if let step = factor.step(of: code) {
            transaction.enqueue("UPDATE totp_factors SET last_step = \(step) WHERE user_id = \(userID)")
            return true
        }
        let spent = try await transaction.query(
            """
            DELETE FROM recovery_codes
            WHERE user_id = \(userID) AND code_hash = \(RecoveryCode.hash(code)) RETURNING user_id
            """
        )
        return !spent.isEmpty
    }

    private struct Factor {
        let totp: TOTP
        let isConfirmed: Bool
        let lastStep: Int64

        /// `nil` for a code that is wrong, or that is no newer than one that was taken.
        func step(of code: String) -> Int64? {
            totp.step(of: code, at: Date()).flatMap { $0 > lastStep ? $0 : nil }
        }
    }

    /// Two requests with one code are taken one after the other.
    private static func lock(_ userID: Int64, in transaction: PostgresTransaction) async throws -> Factor? {
        try await transaction.query(
            "SELECT secret, confirmed_at IS NOT NULL, last_step FROM totp_factors WHERE user_id = \(userID) FOR UPDATE"
        ).first.map { row in
            let (secret, isConfirmed, lastStep) = try row.decode([UInt8].self, Bool.self, Int64.self)
            return Factor(totp: TOTP(secret: secret), isConfirmed: isConfirmed, lastStep: lastStep)
        }
    }

    private func countAttempt(_ userID: Int64) async throws {
        let answers = try await database.write([AttemptLimit.password.count(String(userID))])
        if let seconds = try AttemptLimit.password.retryAfter(answers[0]) {
            throw AccountError.tooManyAttempts(retryAfter: seconds)
        }
    }
}
