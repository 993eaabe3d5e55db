import Testing

@testable import Database

@Suite struct LockFindingTests {
    @Test(arguments: [
        "CREATE INDEX orders_total ON orders (total)",
        "create unique index on only orders (total)",
        "CREATE INDEX IF NOT EXISTS orders_total ON orders (total)",
        "REINDEX TABLE orders",
        "VACUUM FULL orders",
        "VACUUM (VERBOSE, FULL) orders",
        "CLUSTER orders",
        "LOCK TABLE orders IN EXCLUSIVE MODE",
        "UPDATE orders SET total = 0",
        "DELETE FROM orders",
        "ALTER TABLE orders ALTER COLUMN total TYPE numeric",
        "ALTER TABLE ONLY orders ALTER total SET DATA TYPE numeric",
        "ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
        "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE orders ADD COLUMN doubled bigint GENERATED ALWAYS AS (total * 2) STORED",
        "ALTER TABLE orders ADD number bigserial",
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0)",
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)",
        "ALTER TABLE orders ADD CONSTRAINT one UNIQUE (token)",
        "ALTER TABLE orders ADD PRIMARY KEY (token)",
        "ALTER TABLE orders SET UNLOGGED",
        "/* a /* nested */ comment; */ CREATE INDEX -- why\n ON orders (total)",
    ])
    func whatHoldsATableUpIsFound(statement: String) {
        let findings = LockFinding.all(in: "SELECT 1; \(statement);")
        #expect(findings.map(\.table) == ["orders"])
        #expect(LockFinding.all(in: "-- locks: it is small\n\(statement);").isEmpty)
        #expect(LockFinding.all(in: "CREATE TABLE orders (id bigint); \(statement)").isEmpty)
    }

    @Test(arguments: [
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_total ON orders (total)",
        "REINDEX TABLE CONCURRENTLY orders",
        "VACUUM orders",
        "UPDATE orders SET total = 0 WHERE total IS NULL",
        "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT ''",
        "ALTER TABLE orders ADD COLUMN note text CHECK (note <> '')",
        "ALTER TABLE orders ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now()",
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID",
        "ALTER TABLE orders VALIDATE CONSTRAINT positive",
        "ALTER TABLE orders ADD CONSTRAINT one UNIQUE USING INDEX orders_one",
        "ALTER TABLE orders DROP COLUMN note",
        "INSERT INTO notes VALUES ('CREATE INDEX ON orders (total); LOCK orders')",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $x$ UPDATE orders SET total = 0; $x$",
        "COMMENT ON TABLE orders IS 'it''s; LOCK orders'",
    ])
    func whatDoesNotIsLeftAlone(statement: String) {
        #expect(LockFinding.all(in: statement).isEmpty)
    }

    @Test func statementsEndWhereTheyEnd() {
        let script = """
            -- Why: x
            CREATE FUNCTION f() RETURNS void AS $body$ BEGIN; END; $body$ LANGUAGE plpgsql;
            SELECT 'a;b', "c;d", $1, $$e;f$$; -- the end;
            SELECT 'it''s';;
            """
        let statements = SQLStatement.split(script)
        #expect(
            statements.map(\.text) == [
                "CREATE FUNCTION f() RETURNS void AS '' LANGUAGE plpgsql", "SELECT '', \"c;d\", $1, ''", "SELECT ''''",
            ]
        )
        #expect(statements[0].comments == ["Why: x"])
        #expect(statements[2].comments == ["the end;"])
        #expect(SQLStatement.split("-- nothing\n ; ").isEmpty)
        #expect(SQLStatement.split("SELECT 'never ended").map(\.text) == ["SELECT ''"])
        #expect(SQLStatement.split("SELECT $a$ never ended").map(\.text) == ["SELECT ''"])
        #expect(SQLStatement.split("SELECT 1 /* never ended").map(\.text) == ["SELECT 1"])
    }
}
