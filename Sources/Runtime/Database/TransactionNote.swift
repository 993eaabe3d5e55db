package import Postgres

/// A statement that every transaction of a task carries along, in its first round trip: what it notes is committed with what
/// the transaction does, or not at all. It has to bear being run by several transactions.
package enum TransactionNote {
    @TaskLocal package static var current: PostgresQuery?
}
