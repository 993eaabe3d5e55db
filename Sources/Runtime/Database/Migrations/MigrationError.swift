package enum MigrationError: Error, Equatable, CustomStringConvertible {
    case directory(String)
    /// Applied migrations whose text has changed since.
    case edited([String])
    /// The database has migrations that the code does not know: it is ahead of the code.
    case ahead([String])
    /// Statements that would hold up a table with many rows for long, and are not marked.
    case longLocks(migration: String, [LockFinding])
    /// Others held locks that it needs, for as long as it was tried.
    case locked(migration: String)

    package var description: String {
        switch self {
        case .directory(let why): "migrations: \(why)"
        case .edited(let names):
            "migrations that were applied have been edited since: \(names.joined(separator: ", ")); "
                + "restore them and put the change into a new migration"
        case .ahead(let names):
            "the database is ahead of this code: it has \(names.joined(separator: ", ")); run a newer version"
        case .longLocks(let migration, let findings):
            "\(migration) was not applied: \(findings.map(\.description).joined(separator: "; ")). "
                + "Or mark the statement with `\(LockFinding.mark) why that may be`"
        case .locked(let migration):
            "\(migration) was not applied: another transaction holds a lock that it needs; look into pg_stat_activity, "
                + "and run `wharf migrate up` again"
        }
    }
}
