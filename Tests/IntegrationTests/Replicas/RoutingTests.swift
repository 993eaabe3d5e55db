import Database
import Observability
import Postgres
import TestSupport
import Testing

/// The router against real servers.
@Suite struct RoutingTests {
    @Test func aReadHandleCannotWriteAnywhere() async throws {
        let database = try await TestDatabase.make()
        let pool = PostgresPool(.init(url: try database.superuserURL, size: 2))
        let shop = Database(primary: pool)
        try await pool.query("CREATE TABLE t (n int)")
        for scope in [nil, RowScope(userID: 1, isStaff: false)] {
            let writes: [PostgresQuery] = [
                "INSERT INTO t VALUES (1)", "SELECT n FROM t FOR UPDATE", "CREATE TABLE u (n int)",
                "WITH written AS (INSERT INTO t VALUES (2) RETURNING n) SELECT n FROM written",
            ]
            for write in writes {
                let error = await #expect(throws: PostgresError.self) {
                    try await RowScope.$current.withValue(scope) {
                        try await shop.reader.read(.primary) { try await $0.query(write) }
                    }
                }
                #expect(error?.isReadOnlyServer == true)
            }
        }
        // The connection is the next one's to write with.
        _ = try await shop.write { $0.enqueue("INSERT INTO t VALUES (3)") }
        #expect(try await pool.query("SELECT n FROM t").count == 1)
        await pool.shutdown()
        try await database.drop()
    }

    @Test func aReplicaIsAskedWhetherItHasReplayed() async throws {
        try await TestCluster.with(replicas: 2, synchronous: .any1) { cluster in
            let primary = PostgresPool(.init(url: try cluster.database.superuserURL, size: 4))
            let pools = ["replica", "replica2"].map { PostgresPool(.init(url: cluster.url(of: $0), size: 4)) }
            try await primary.query("CREATE TABLE t (n int)")
            try await cluster.on("replica", "SELECT pg_wal_replay_pause()")
            let (_, lsn) = try await primary.pipelineReturningLSN(["INSERT INTO t VALUES (1)"])
            let error = await #expect(throws: PostgresError.self) {
                try await pools[0].pipeline(["SELECT 1"], after: lsn)
            }
            #expect(error?.code == .replicaBehind)
            // One that takes writes has replayed nothing, whatever it has.
            await #expect(throws: PostgresError.self) { try await primary.pipeline(["SELECT 1"], after: lsn) }
            let database = Database(
                primary: primary,
                replicas: pools.map { Database.Replica($0) },
                patience: .seconds(30),
                lookInterval: .milliseconds(20)
            )
            let watch = Task { try await database.run() }
            try await eventually("both replicas serve") { database.servingReplicas == 2 }
            // Only one of the two has it: that one serves, each time.
            for _ in 0..<10 {
                let (name, count) = try await database.read(.after(lsn)) { session in
                    let rows = try await session.query("SELECT current_setting('cluster_name'), count(*) FROM t")
                    return try rows[0].decode(String.self, Int.self)
                }
                #expect(name == "replica2" && count == 1)
            }
            // Nobody has it: a patient read waits until somebody does.
            try await cluster.on("replica2", "SELECT pg_wal_replay_pause()")
            let (_, newer) = try await primary.pipelineReturningLSN(["INSERT INTO t VALUES (2)"])
            let reading = Task {
                try await database.read(.after(newer)) { session in
                    try await session.query("SELECT current_setting('cluster_name') FROM t")[0].decode(
                        0,
                        as: String.self
                    )
                }
            }
            try await eventually("the read waits") { database.readsThatWait == 1 }
            try await cluster.on("replica", "SELECT pg_wal_replay_resume()")
            #expect(try await reading.value == "replica")
            watch.cancel()
            try await watch.value
            await database.shutdown()
        }
    }
}
