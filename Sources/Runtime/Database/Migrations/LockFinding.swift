/// A statement of a migration that keeps others from reading or writing a table for as long as it takes to go through it.
package struct LockFinding: Equatable, Sendable, CustomStringConvertible {
    /// A comment in front of a statement that begins like this says that it is meant.
    package static let mark = "-- locks:"

    /// The table, as the statement names it.
    package let table: String
    /// What the statement does to it.
    package let what: String
    /// How the same is done without holding it up.
    package let instead: String

    package var description: String { "\(what) locks \(table) while it goes through all of it: \(instead)" }

    /// What a script would hold up, apart from tables that it makes itself and statements that are marked. Pure.
    package static func all(in script: String) -> [LockFinding] {
        let statements = SQLStatement.split(script)
        let ownTables = Set(statements.compactMap(createdTable))
        return statements.filter { !$0.isMarked }.flatMap(findings).filter { !ownTables.contains($0.table) }
    }

    private static func createdTable(_ statement: SQLStatement) -> String? {
        let pattern = #/^CREATE (?:UNLOGGED |TEMPORARY |TEMP )?TABLE (?:IF NOT EXISTS )?(?<table>[\w."]+)/#
            .ignoresCase()
        return statement.text.firstMatch(of: pattern).map { String($0.table) }
    }

    private static func findings(of statement: SQLStatement) -> [LockFinding] {
        let text = statement.text
        if let altered = text.firstMatch(
            of: #/^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?<table>[\w."]+) (?<actions>.*)$/#.ignoresCase()
        ) {
            return actions(String(altered.actions)).map {
                LockFinding(table: String(altered.table), what: $0.what, instead: $0.instead)
            }
        }
        for (pattern, what, instead) in wholeStatements {
            guard let match = text.firstMatch(of: pattern) else { continue }
            return [LockFinding(table: String(match.table), what: what, instead: instead)]
        }
        return []
    }

    private typealias WholeStatement = (
        pattern: Regex<(Substring, table: Substring)>, what: String, instead: String
    )

    private static var wholeStatements: [WholeStatement] {
        [
            (
                #/^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)(?:IF NOT EXISTS )?(?:[\w."]+ )?ON (?:ONLY )?(?<table>[\w."]+)/#
                    .ignoresCase(),
                "CREATE INDEX", "make it CONCURRENTLY, in a migration marked -- no-transaction"
            ),
            (
                #/^REINDEX (?:\([^)]*\) )?(?:INDEX|TABLE) (?!CONCURRENTLY)(?<table>[\w."]+)/#.ignoresCase(),
                "REINDEX", "make it CONCURRENTLY, in a migration marked -- no-transaction"
            ),
            (
                #/^(?:VACUUM (?:\([^)]*FULL[^)]*\)|FULL)|CLUSTER(?: VERBOSE)?) (?<table>[\w."]+)/#.ignoresCase(),
                "rewriting the table", "leave it to autovacuum, or do it in a maintenance window"
            ),
            (
                #/^LOCK (?:TABLE )?(?:ONLY )?(?<table>[\w."]+)/#.ignoresCase(),
                "LOCK", "lock the rows that matter"
            ),
            (
                #/^(?:UPDATE|DELETE FROM) (?:ONLY )?(?<table>[\w."]+)(?!.* WHERE )/#.ignoresCase(),
                "changing every row", "do it in portions by a job or a tool, outside the migration"
            ),
        ]
    }

    private static func actions(_ text: String) -> [(what: String, instead: String)] {
        var found: [(String, String)] = []
        if text.contains(#/\bALTER (?:COLUMN )?[\w"]+ (?:SET DATA )?TYPE /#.ignoresCase()) {
            found.append(("another column type", "add a column, fill it in portions, and change over"))
        }
        if text.contains(#/\bSET NOT NULL\b/#.ignoresCase()) {
            found.append(
                (
                    "SET NOT NULL",
                    "add CHECK (… IS NOT NULL) NOT VALID, VALIDATE it in another migration, then SET NOT NULL"
                )
            )
        }
        if text.contains(
            #/\bADD (?:COLUMN )?(?!CONSTRAINT\b).*(?:\bDEFAULT \(?(?:gen_random_uuid|random|clock_timestamp|timeofday|nextval|uuid_generate\w*)\(|\bGENERATED (?:ALWAYS|BY DEFAULT) AS\b|\b(?:big|small)?serial\b)/#
                .ignoresCase()
        ) {
            found.append(("a column that is computed for each row", "add it empty, and fill it in portions"))
        }
        if text.contains(#/\bADD (?:CONSTRAINT [\w"]+ )?(?:CHECK|FOREIGN KEY|EXCLUDE)\b(?!.*NOT VALID)/#.ignoresCase())
        {
            found.append(
                ("a constraint on rows that are there", "add it NOT VALID, and VALIDATE it in another migration")
            )
        }
        if text.contains(#/\bADD (?:CONSTRAINT [\w"]+ )?(?:PRIMARY KEY|UNIQUE)\b(?! USING INDEX)/#.ignoresCase()) {
            found.append(("a constraint with an index", "make the index CONCURRENTLY first, and add it USING INDEX"))
        }
        if text.contains(#/\bSET (?:LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)\b/#.ignoresCase()) {
            found.append(("rewriting the table", "do it in a maintenance window"))
        }
        return found
    }
}

extension SQLStatement {
    fileprivate var isMarked: Bool {
        comments.contains { "-- \($0)".lowercased().hasPrefix(LockFinding.mark) }
    }
}
