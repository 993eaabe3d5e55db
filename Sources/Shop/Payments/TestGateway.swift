package import Database
import Foundation
import Postgres

/// A gateway without money: what the card is called decides. It remembers its calls by their keys in the database, since a
/// real one remembers outside of the shop too, and so answers a repeated key as the first time.
package struct TestGateway: PaymentGateway {
    private let database: Database

    package init(database: Database) { self.database = database }

    package var name: GatewayName { .test }

    package func authorize(
        _ request: AuthorizationRequest,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let call = try await record(
            key,
            "authorize",
            reference: "test_\(request.paymentID)",
            token: request.token,
            amount: request.amount
        )
        return try answer(call)
    }

    package func authorization(_ reference: String) async throws(GatewayError) -> GatewayAnswer {
        let rows = try await run(
            """
            SELECT reference, token, amount, 2, extract(epoch FROM clock_timestamp() - created_at)::float8
            FROM test_gateway_calls WHERE reference = \(reference) AND operation = 'authorize'
            """
        )
        guard let call = rows.first else { throw .permanent("no_such_payment") }
        return try answer(call)
    }

    package func capture(
        _ reference: String,
        amount: Int64,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let call = try await record(key, "capture", reference: reference, token: nil, amount: amount)
        return GatewayAnswer(.approved, reference: call.reference)
    }

    package func void(_ reference: String, key: String) async throws(GatewayError) -> GatewayAnswer {
        let call = try await record(key, "void", reference: reference, token: nil, amount: 0)
        return GatewayAnswer(.approved, reference: call.reference)
    }

    package func refund(
        _ reference: String,
        amount: Int64,
        key: String
    ) async throws(GatewayError) -> GatewayAnswer {
        let call = try await record(key, "refund", reference: reference, token: nil, amount: amount)
        return GatewayAnswer(.approved, reference: call.reference)
    }

    package func check() async throws(GatewayError) {
        _ = try await run("SELECT reference FROM test_gateway_calls LIMIT 0")
    }

    private struct Call {
        let reference: String
        let token: String?
        let amount: Int64
        let calls: Int
        /// Seconds.
        let age: Double
    }

    private func answer(_ call: Call) throws(GatewayError) -> GatewayAnswer {
        guard let card = call.token.flatMap(TestCard.init(rawValue:)) else { throw .permanent("no_such_token") }
        return GatewayAnswer(try card.verdict(calls: call.calls, age: call.age), reference: call.reference)
    }

    private func record(
        _ key: String,
        _ operation: String,
        reference: String,
        token: String?,
        amount: Int64
    ) async throws(GatewayError) -> Call {
        let calls = try await run(
            """
            INSERT INTO test_gateway_calls AS call (key, operation, reference, token, amount)
            VALUES (\(key), \(operation), \(reference), \(token), \(amount))
            ON CONFLICT (key) DO UPDATE SET calls = call.calls + 1
            RETURNING reference, token, amount, calls, extract(epoch FROM clock_timestamp() - created_at)::float8
            """
        )
        guard let call = calls.first, call.token == token, call.amount == amount, call.reference == reference else {
            throw .permanent("idempotency_key_in_use")
        }
        return call
    }

    private func run(_ query: PostgresQuery) async throws(GatewayError) -> [Call] {
        do {
            guard let rows = try await database.write([query]).first else { return [] }
            return try rows.map { row in
                let (reference, token, amount, calls, age) = try row.decode(
                    String.self,
                    String?.self,
                    Int64.self,
                    Int.self,
                    Double.self
                )
                return Call(reference: reference, token: token, amount: amount, calls: calls, age: age)
            }
        } catch {
            throw .transient("\(error)")
        }
    }
}
