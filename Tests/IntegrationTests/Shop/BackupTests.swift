import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

@Suite struct BackupTests {
    /// The night after a disaster: last night's file, a cluster with nothing but the roles, and the shop is there again.
    @Test func aBackupInAnEmptyClusterIsTheShopAgain() async throws {
        try await TestShop.with { shop in
            let email = "\(UUID().uuidString.lowercased())@example.com"
            let variant = try await shop.variant(stock: 10)
            var number = ""
            try await shop.running {
                let token = try await shop.customer(email: email)
                for _ in 1...3 {
                    let answer = try await shop.order([(variant.id, 1)], token: token)
                    number = try #require(answer.json()["order_number"] as? String)
                }
                try await eventually("the orders are confirmed") {
                    guard try await shop.isIdle() else { return false }
                    return try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == 3
                }
            }
            let file = try await backUp(shop)
            let (refused, why) = try await shop.wharf("db", "restore", file)
            #expect(refused == 1)
            #expect(why.contains("restore into an empty one"), "\(why)")

            try await ServicesHome.with("cluster", ports: ["POSTGRES_PORT"], starting: "postgres") { home in
                var settings: [String: String] = [:]
                for name in ["DATABASE_URL", "WORKER_DATABASE_URL", "MIGRATION_DATABASE_URL"] {
                    settings[name] = try await home.setting(name)
                }
                let (restored, words) = try await shop.wharf("db", "restore", file, environment: settings)
                #expect(restored == 0, "\(words)")
                let restoredURL = try await home.setting("POSTGRES_URL")
                #expect(try await rows(restoredURL) == rows(shop.database.superuserURL))
                let (healthy, report) = try await shop.wharf("doctor", environment: settings)
                #expect(healthy == 0, "\(report)")

                let api = try await shop.start(.api, settings)
                let credentials = #"{"email":"\#(email)","password":"\#(Person.password)"}"#
                let signedIn = try await shop.call("POST", "/api/users/token", body: credentials)
                let token = try signedIn.json()["access"] as? String
                let order = try await shop.call("GET", "/api/orders/\(number)", token: token)
                #expect(order.status == 200)
                #expect(try order.json()["status"] as? String == "confirmed")
                try await api.process.stop()
            }
        }
    }

    /// Three times, of which two files stay.
    private func backUp(_ shop: TestShop) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let old = ["wharf-20200101T000000Z.dump", "wharf-20200102T000000Z.dump", "another-file"]
        for name in old { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let (status, words) = try await shop.wharf("db", "backup", folder, "--keep", "2")
        #expect(status == 0, "\(words)")
        #expect(words.contains("deleted \(folder)/\(old[0])"))
        var files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count == 3)
        files.removeAll { old.contains($0) }
        return "\(folder)/\(try #require(files.first))"
    }

    private func rows(_ url: String) async throws -> [String: Int] {
        let pool = PostgresPool(.init(url: url, size: 1))
        let rows = try await pool.query(
            """
            SELECT tablename::text, (xpath(
                '/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM public.%I', tablename), false, true, '')
            ))[1]::text::bigint
            FROM pg_tables WHERE schemaname = 'public'
            """
        ).map { try $0.decode(String.self, Int.self) }
        await pool.shutdown()
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
