package import Postgres

/// One key of one user on one route, and the statements that claim it, look it up and keep its answer.
package struct IdempotencyRecord: Sendable {
    package let userID: Int64
    /// Method and template: a key means something else on every route.
    package let route: String
    package let key: IdempotencyKey

    package init(userID: Int64, route: String, key: IdempotencyKey) {
        self.userID = userID
        self.route = route
        self.key = key
    }

    /// The answer to the first request with this key.
    package struct StoredAnswer: Sendable {
        package var requestHash: [UInt8]
        package var status: Int
        package var body: [UInt8]
    }

    /// The lock's name. Two names may share a hash; the price is a 409 for a request that could have gone on.
    private var lockName: String { "\(userID) \(route) \(key.value)" }

    /// True when nobody else is answering this key. Taking it again in the same transaction succeeds again.
    package var tryLock: PostgresQuery {
        "SELECT pg_try_advisory_xact_lock(hashtextextended(\(lockName), 0)) AS is_open"
    }

    /// Waits until nobody else is answering this key.
    package var lock: PostgresQuery {
        "SELECT pg_advisory_xact_lock(hashtextextended(\(lockName), 0))"
    }

    /// A statement of its own behind the lock's: its snapshot then includes what the lock's last holder committed.
    package var find: PostgresQuery {
        """
        SELECT request_hash, response_status, response_body FROM idempotency_keys
        WHERE user_id = \(userID) AND route = \(route) AND key = \(key.value)
        """
    }

    package func insert(requestHash: [UInt8], status: Int, body: [UInt8]) -> PostgresQuery {
        """
        INSERT INTO idempotency_keys (user_id, route, key, request_hash, response_status, response_body)
        VALUES (\(userID), \(route), \(key.value), \(requestHash), \(status), \(body))
        """
    }

    package static func decode(_ row: PostgresRow) throws -> StoredAnswer {
        StoredAnswer(
            requestHash: try row.decode(0),
            status: try row.decode(1),
            body: try row.decode(2)
        )
    }
}
