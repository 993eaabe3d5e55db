package import Postgres

/// How new the data of a read has to be.
package enum ReadConsistency: Sendable, Equatable {
    /// Any healthy replica will do.
    case any
    /// Everything committed up to this position has to show: a replica that has replayed it, else the primary.
    case after(PostgresLSN)
    /// The primary: for reads that decide.
    case primary
}
