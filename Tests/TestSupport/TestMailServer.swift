import Foundation

/// A mail catcher of its own, and the mails that it caught.
package final class TestMailServer: Sendable {
    package let url: String
    package let folder: String
    private let process: TestProcess

    package init() throws {
        let port = try freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("wharf-mail-\(UUID().uuidString)").path
        url = "smtp://127.0.0.1:\(port)?starttls=off"
        process = try TestProcess(
            try TestEnvironment.value("TEST_VENV") + "/bin/python",
            ["script/mail-catcher", "127.0.0.1:\(port)", folder],
            environment: ["PATH": "/usr/bin:/bin"]
        )
    }

    package func stop() async throws {
        try await process.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Every mail so far, decoded by Python's mail parser rather than by our own code.
    package func mails() throws -> [Mail] {
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".eml")
        }
        if files.isEmpty { return [] }
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        python.arguments = ["python3", "-c", Self.parser, folder]
        let output = Pipe()
        python.standardOutput = output
        try python.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        python.waitUntilExit()
        return try JSONDecoder().decode([Mail].self, from: data)
    }

    package func count() -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count { $0.hasSuffix(".eml") }
    }

    package struct Mail: Decodable, Sendable {
        package let id: String
        package let to: String
        package let subject: String
        package let text: String
        package let html: String
    }

    private static let parser = """
        import email, email.policy, glob, json, sys
        mails = []
        for path in sorted(glob.glob(sys.argv[1] + "/*.eml")):
            mail = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
            mails.append({"id": mail["Message-ID"], "to": mail["To"], "subject": mail["Subject"],
                          "text": mail.get_body(("plain",)).get_content(),
                          "html": mail.get_body(("html",)).get_content()})
        print(json.dumps(mails))
        """
}
