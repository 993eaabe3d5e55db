import Foundation
import HTTPClient
import Postgres
import TestSupport
import Testing

/// Where the Online Retail data lies; the test is skipped where it does not.
private let retailData =
    ProcessInfo.processInfo.environment["TEST_RETAIL_DATA"] ?? "../shared/data/online-retail-2010-12.csv.gz"

/// Invoices of a real shop, replayed as orders by concurrent clients, and counted.
@Suite(
    .enabled(if: FileManager.default.fileExists(atPath: retailData), "the Online Retail data is not here")
)
struct RetailReplayTests {
    private static let invoices = 500
    private static let clients = 8

    private struct Invoice: Decodable, Sendable {
        struct Line: Decodable, Sendable {
            let sku: String
            let quantity: Int
        }
        let invoice: String
        let lines: [Line]
    }

    @Test func everyInvoiceBecomesOneOrderAndNothingIsLost() async throws {
        try await TestShop.with { shop in
            try await importCatalogTwice(shop)
            let invoices = try Self.retail("orders", retailData, String(Self.invoices)).split(separator: "\n").map {
                try JSONDecoder().decode(Invoice.self, from: Data($0.utf8))
            }
            #expect(invoices.count == Self.invoices)
            let rows = try await shop.pool.query(
                "SELECT sku, id, stock_quantity::bigint, price_amount FROM product_variants"
            )
            var variants: [String: (id: Int64, stock: Int, price: Int)] = [:]
            for row in rows {
                let (sku, id, stock, price) = try row.decode(String.self, Int64.self, Int.self, Int.self)
                variants[sku] = (id, stock, price)
            }
            let known = variants
            try await shop.running {
                try await replay(invoices, known.mapValues(\.id), shop)
                try await eventually("every order is confirmed", within: .seconds(120)) {
                    try await shop.count("SELECT count(*) FROM orders WHERE status = 'confirmed'") == Self.invoices
                }
                try await eventually("every mail is out", within: .seconds(120)) {
                    try await shop.count("SELECT count(*) FROM mail_deliveries") == 2 * Self.invoices
                }
                try await eventually("outbox and queues are empty", within: .seconds(120)) { try await shop.isIdle() }
            }

            // Per SKU: stock before − ordered = stock after.
            var ordered: [String: Int] = [:]
            for line in invoices.flatMap(\.lines) { ordered[line.sku, default: 0] += line.quantity }
            for row in try await shop.pool.query("SELECT sku, stock_quantity::bigint FROM product_variants") {
                let (sku, stock) = try row.decode(String.self, Int.self)
                #expect(stock == (known[sku]?.stock ?? 0) - (ordered[sku] ?? 0), "stock of \(sku)")
            }
            #expect(try await shop.variantsOutOfBalance() == [])
            // The sum of the subtotals is the sum of price × quantity.
            let worth = ordered.reduce(0) { $0 + (known[$1.key]?.price ?? 0) * $1.value }
            #expect(try await shop.count("SELECT sum(subtotal_amount)::bigint FROM orders") == worth)
            // Each order has exactly its two mails.
            let numbers = try await shop.pool.query("SELECT order_number FROM orders").map {
                try $0.decode(0, as: String.self)
            }
            let mails = try shop.mail.mails()
            #expect(mails.count == 2 * Self.invoices)
            let ids = Set(mails.map(\.id))
            for number in numbers {
                for template in ["order_placed", "order_confirmed"] {
                    #expect(ids.contains { $0.hasPrefix("<\(template).\(number)@") }, "\(template) of \(number)")
                }
            }
            for queue in ["order.process", "email.send_order_confirmation", "search.index_product"] {
                #expect(try await shop.depth(queue) == 0)
                #expect(try await shop.depth(queue + ".dead") == 0)
            }
        }
    }

    private func importCatalogTwice(_ shop: TestShop) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("retail-\(UUID().uuidString).csv")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try Self.retail("catalog", retailData).utf8).write(to: file)
        let first = try await shop.wharf("catalog", "import", file.path)
        #expect(first.0 == 0, "\(first.1)")
        let jobs = try await shop.count("SELECT count(*) FROM outbox")
        let second = try await shop.wharf("catalog", "import", file.path)
        #expect(second.1.contains(" 0 created, 0 updated, "), "\(second.1)")
        #expect(try await shop.count("SELECT count(*) FROM outbox") == jobs)
    }

    /// Each client takes every eighth invoice; its number is the Idempotency-Key, and every tenth one is sent twice.
    private func replay(_ invoices: [Invoice], _ variants: [String: Int64], _ shop: TestShop) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<Self.clients {
                group.addTask {
                    let token = try await shop.customer()
                    for index in stride(from: client, to: invoices.count, by: Self.clients) {
                        let invoice = invoices[index]
                        let lines = invoice.lines.compactMap { line in variants[line.sku].map { ($0, line.quantity) } }
                        try #require(lines.count == invoice.lines.count)
                        for _ in 0..<(index % 10 == 0 ? 2 : 1) {
                            let response = try await shop.order(lines, token: token, key: invoice.invoice)
                            try #require(
                                response.status == 201,
                                "\(invoice.invoice): \(String(decoding: response.body, as: UTF8.self))"
                            )
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func retail(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "script/retail")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}
