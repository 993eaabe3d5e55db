import Crypto
import Postgres

/// How often somebody may try something within a window of time. The attempts are counted in PostgreSQL, for all API
/// processes together, and before it is known whether they succeed: however many come at once, no more get through.
struct AttemptLimit: Sendable {
    let name: String
    /// Attempts in one window.
    let limit: Int
    /// Seconds from the first attempt to the end of its window.
    let window: Int

    /// Signing in to one account, which may not exist.
    static let account = AttemptLimit(name: "account", limit: 10, window: 15 * 60)
    /// Signing in from one client address. Many people may share one.
    static let address = AttemptLimit(name: "address", limit: 100, window: 15 * 60)
    /// Proving the password of the account that one is signed in to: for whoever found an access token.
    static let password = AttemptLimit(name: "password", limit: 10, window: 15 * 60)
    /// Mails to one mailbox that anybody can ask for.
    static let mail = AttemptLimit(name: "mail", limit: 5, window: 60 * 60)

    func key(_ subject: String) -> [UInt8] { SHA256.hash(Array("\(name) \(subject.lowercased())".utf8)) }

    /// Counts one attempt; ``retryAfter(_:)`` reads the answer.
    func count(_ subject: String) -> PostgresQuery {
        """
        INSERT INTO attempt_counts AS c (key, attempts, window_ends_at)
        VALUES (\(key(subject)), 1, now() + \(window) * interval '1 second')
        ON CONFLICT (key) DO UPDATE SET
            attempts = CASE WHEN c.window_ends_at > now() THEN least(c.attempts + 1, 1000000) ELSE 1 END,
            window_ends_at = CASE WHEN c.window_ends_at > now() THEN c.window_ends_at
                ELSE excluded.window_ends_at END
        RETURNING attempts, ceil(extract(epoch FROM window_ends_at - now()))::bigint
        """
    }

    /// - Returns: seconds until the window ends, where the attempt was one too many.
    func retryAfter(_ rows: PostgresRows) throws -> Int? {
        let (attempts, seconds) = try rows[0].decode(Int.self, Int.self)
        return attempts > limit ? max(1, seconds) : nil
    }

    /// The attempt succeeded: the ones before it are forgiven.
    func forgive(_ subject: String) -> PostgresQuery { "DELETE FROM attempt_counts WHERE key = \(key(subject))" }

    /// The attempt was none: only it is taken back.
    func takeBack(_ subject: String) -> PostgresQuery {
        "UPDATE attempt_counts SET attempts = attempts - 1 WHERE key = \(key(subject)) AND attempts > 0"
    }
}
