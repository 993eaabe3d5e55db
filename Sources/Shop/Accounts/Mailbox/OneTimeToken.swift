import Crypto
import Foundation
import Messages
import Outbox
import Postgres

/// A token that goes out by mail, works once, and is kept as a hash.
struct OneTimeToken: Sendable {
    enum Purpose: String, Sendable {
        /// Proves the account's own address.
        case verifyEmail = "verify_email"
        /// Proves an address that is to become the account's.
        case changeEmail = "change_email"
        /// Stands in for the password.
        case resetPassword = "reset_password"

        /// Seconds. A password's stand-in is worth more to a thief than the proof of an address.
        var lifetime: Int { self == .resetPassword ? 60 * 60 : 24 * 60 * 60 }

        var template: SendAccountMail.Template { self == .resetPassword ? .resetPassword : .verifyEmail }
    }

    private let purpose: Purpose
    private let id = UUID()
    private let token = Random.token(bytes: 32)
    /// Asks for its mail.
    let mail: OutboxEntry

    init(_ purpose: Purpose) throws {
        self.purpose = purpose
        mail = try OutboxEntry(SendAccountMail(template: purpose.template, tokenID: id.uuidString.lowercased()))
    }

    /// Writes the token and its mail's job, in one statement, if there is an account that `condition` (over `users u`) holds
    /// for. Its row in the answer says so. An older token of the same purpose is worth nothing any more.
    ///
    /// - Parameter email: the mailbox; `nil`: the account's own.
    func insert(if condition: PostgresQuery, email: String? = nil) -> PostgresQuery {
        """
        WITH account AS (
            SELECT u.id, coalesce(\(email), u.email) AS email FROM users u WHERE u.is_active AND (\(condition))
        ), replaced AS (
            UPDATE one_time_tokens t SET used_at = now() FROM account
            WHERE t.user_id = account.id AND t.purpose = \(purpose.rawValue) AND t.used_at IS NULL
        ), token AS (
            INSERT INTO one_time_tokens (id, user_id, purpose, email, token_hash, expires_at)
            SELECT \(id)::uuid, account.id, \(purpose.rawValue), account.email, \(Self.hash(token)),
                now() + \(purpose.lifetime) * interval '1 second'
            FROM account RETURNING id
        ), secret AS (
            INSERT INTO mail_secrets (token_id, token) SELECT id, \(token) FROM token
        )
        \(OutboxStore.insert(mail, forEach: "token")) RETURNING id
        """
    }

    /// Spends a token that is still good, and answers with its account, purpose and mailbox.
    static func spend(_ token: String, _ purposes: [Purpose]) -> PostgresQuery {
        """
        UPDATE one_time_tokens t SET used_at = now() FROM users u
        WHERE \(isGood(token, purposes)) RETURNING t.user_id, t.purpose, t.email
        """
    }

    static func look(_ token: String, _ purposes: [Purpose]) -> PostgresQuery {
        "SELECT FROM one_time_tokens t, users u WHERE \(isGood(token, purposes))"
    }

    /// The account has to be open, and its address still the one that the mail went to, unless it is to change.
    private static func isGood(_ token: String, _ purposes: [Purpose]) -> PostgresQuery {
        """
        t.token_hash = \(hash(token)) AND t.purpose = ANY (\(purposes.map(\.rawValue)))
            AND t.used_at IS NULL AND t.expires_at > now() AND u.id = t.user_id AND u.is_active
            AND (t.purpose = 'change_email' OR lower(u.email) = lower(t.email))
        """
    }

    /// Makes every other token of an account worthless.
    static func withdraw(userID: Int64) -> PostgresQuery {
        "UPDATE one_time_tokens SET used_at = now() WHERE user_id = \(userID) AND used_at IS NULL"
    }

    /// Who has just proven the old password needs no mail to replace it.
    static func withdrawResets(userID: Int64) -> PostgresQuery {
        "\(withdraw(userID: userID)) AND purpose = 'reset_password'"
    }

    /// The token is 256 random bits: a plain hash cannot be turned round, and the index lookup gives away nothing.
    private static func hash(_ token: String) -> [UInt8] { SHA256.hash(Array(token.utf8)) }
}
