import Foundation
import SMTP
import Testing

/// `script/mail-catcher`, on which the other tests and the local stack rely.
@Suite(.timeLimit(.minutes(2))) struct SMTPMailCatcherTests {
    private let folder: URL
    private let server: PythonServer
    private let client: SMTPClient

    init() throws {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        folder = FileManager.default.temporaryDirectory.appending(path: "mail-catcher-\(UUID())")
        server = try PythonServer(
            "import runpy; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')",
            arguments: [repository.appending(path: "script/mail-catcher").path, "127.0.0.1:0", folder.path],
            interpreter: PythonServer.virtualEnvironment()
        )
        client = SMTPClient(try SMTPConfiguration(url: "smtp://127.0.0.1:\(server.port)"), timeout: .seconds(5))
    }

    private func mail(_ id: String, to address: String = "ada@example.com") -> SMTPMessage {
        SMTPMessage(
            from: EmailAddress("shop@example.com"),
            to: [EmailAddress(address)],
            subject: "Order",
            text: ".dot\ntotal 9.99",
            messageID: id,
            date: Date()
        )
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
    }

    private func control(_ name: String, _ content: String?) throws {
        let file = folder.appending(path: name)
        if let content { try Data(content.utf8).write(to: file) } else { try FileManager.default.removeItem(at: file) }
    }

    @Test func everyMailIsAFileInOrder() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        for number in 1...12 { try await client.send(mail("<n\(number)/../x@shop>", to: "jürgen@example.com")) }
        let files = try files()
        #expect(files.map { String($0.drop { $0 != "-" }) } == (1...12).map { "-n\($0)_.._x@shop.eml" })
        let first = try String(contentsOf: folder.appending(path: files[0]), encoding: .utf8)
        #expect(first.contains("X-MailFrom: shop@example.com\r\nX-RcptTo: jürgen@example.com\r\nDate: "))
        #expect(first.contains("Message-ID: <n1/../x@shop>\r\n"))
        #expect(first.hasSuffix("\r\n\r\n.dot\r\ntotal 9.99\r\n"))
    }

    @Test func faultsComeAndGo() async throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try control(".refuse", "451\n")
        let refused = await #expect(throws: SMTPError.self) { try await client.send(mail("<a@b>")) }
        #expect(refused?.code == .temporary(451))
        try control(".refuse", "550")
        let refusedForGood = await #expect(throws: SMTPError.self) { try await client.send(mail("<a@b>")) }
        #expect(refusedForGood?.code == .permanent(550))
        try control(".refuse", nil)
        try control(".hang", "")
        let impatient = SMTPClient(
            try SMTPConfiguration(url: "smtp://127.0.0.1:\(server.port)"),
            timeout: .milliseconds(300)
        )
        let hung = await #expect(throws: SMTPError.self) { try await impatient.send(mail("<a@b>")) }
        #expect(hung?.code == .timeout)
        #expect(try files() == [])
        try control(".hang", nil)
        try await client.send(mail("<a@b>"))
        #expect(try files().count == 1)
    }
}
