import Foundation
import SMTP
import Testing

/// The client against a real server: aiosmtpd, whose mails Python's own parser reads.
@Suite(.timeLimit(.minutes(2))) struct SMTPServerTests {
    private static let script = #"""
        import asyncio, email, email.policy, json
        from aiosmtpd.smtp import SMTP, AuthResult
        folder, modes = sys.argv[1], sys.argv[2:]
        go_on = asyncio.Event()

        def content(part): return part.get_content().replace("\r\n", "\n")

        class Handler:
            async def handle_RCPT(self, server, session, envelope, address, options):
                local = address.split("@")[0]
                if local.startswith("code-"): return f"{local[5:]} {local[5]}.1.1 <{address}> is refused here"
                if local == "hang": print("hanging"); await asyncio.Event().wait()
                if local == "go-on": go_on.set()
                if local == "break": server.transport.abort(); await asyncio.Event().wait()
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server, session, envelope):
                mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
                if mail["X-Refuse"] == "hang": print("hanging"); await asyncio.Event().wait()
                if mail["X-Refuse"]: return f"{mail['X-Refuse']} not this one"
                html = mail.get_body(("html",))
                with open(f"{folder}/{mail['Message-ID'].strip('<>')}.json", "w") as file:
                    json.dump({
                        "sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "connection": session.peer[1],
                        "subject": mail["Subject"], "from": str(mail["From"]), "to": str(mail["To"]),
                        "text": content(mail.get_body(("plain",))), "html": html and content(html),
                        "date": mail["Date"].datetime.timestamp(), "type": mail.get_content_type(),
                        "defects": [str(each) for part in mail.walk() for each in part.defects],
                        "tls": server.transport.get_extra_info("sslcontext") is not None, "user": session.auth_data,
                    }, file)
                return "250 OK"

        class Server(SMTP):
            async def smtp_DATA(self, argument):
                if "stall@example.com" not in self.envelope.rcpt_tos: return await super().smtp_DATA(argument)
                await self.push("354 go on")
                await self._reader.read(1)
                print("hanging")
                rest = b""
                try:
                    await go_on.wait()
                    while block := await self._reader.read(65536): rest += block
                finally: print("finished" if rest.endswith(b"\r\n.\r\n") else "half", len(rest))

        def authenticate(server, session, envelope, mechanism, login):
            isGood = (login.login, login.password) == (b"us@er", b"s3:cret")
            return AuthResult(success=isGood, handled=False, auth_data=login.login.decode())

        async def main():
            options = {"enable_SMTPUTF8": True}
            context = make_certificate(folder) if "starttls" in modes or "smtps" in modes else None
            if "starttls" in modes: options["tls_context"] = context
            if "login" in modes: options |= {"auth_required": True, "authenticator": authenticate}
            server = await asyncio.get_running_loop().create_server(
                lambda: Server(Handler(), **options), "127.0.0.1", 0, ssl=context if "smtps" in modes else None)
            print(server.sockets[0].getsockname()[1])
            await server.serve_forever()

        asyncio.run(main())
        """#

    private struct Received: Decodable {
        let sender: String
        let recipients: [String]
        let connection: Int
        let subject: String
        let from: String
        let to: String
        let text: String
        let html: String?
        let date: Double
        let type: String
        let defects: [String]
        let tls: Bool
        let user: String?
    }

    private let folder: CertificateFolder

    init() throws { folder = try CertificateFolder() }

    private func server(_ modes: String...) throws -> PythonServer {
        try PythonServer(
            CertificateFolder.script + Self.script,
            arguments: [folder.path] + modes,
            interpreter: PythonServer.virtualEnvironment()
        )
    }

    private func client(_ url: String, connections: Int = 4, timeout: Duration = .seconds(30)) throws -> SMTPClient {
        SMTPClient(try SMTPConfiguration(url: url), maximumConnections: connections, timeout: timeout)
    }

    private func mail(
        _ id: String,
        to recipients: [String] = ["ada@example.com"],
        text: String = "text",
        html: String? = nil,
        headers: [(String, String)] = []
    ) -> SMTPMessage {
        SMTPMessage(
            from: EmailAddress("shop@example.com", name: "Wärf"),
            to: recipients.map { EmailAddress($0, name: "Lovelace, Ada") },
            subject: "Bestellung \(id): 日本語 und ein Betreff, der so lang ist, dass er gefaltet werden muss 😀",
            text: text,
            html: html,
            messageID: "<\(id)@test>",
            date: Date(timeIntervalSince1970: 1_795_249_132),
            headers: headers
        )
    }

    private func received(_ id: String) throws -> Received {
        let file = URL(fileURLWithPath: folder.path).appending(path: "\(id)@test.json")
        return try JSONDecoder().decode(Received.self, from: Data(contentsOf: file))
    }

    private func error(_ client: SMTPClient, _ mail: SMTPMessage) async -> SMTPError? {
        await #expect(throws: SMTPError.self) { try await client.send(mail) }
    }

    @Test func aMailArrivesAsItWasMeant() async throws {
        let server = try server()
        let text = """
            Grüße, hier 1 = 1 und ein Punkt am Anfang:
            .
            ..
            .text
            From here on \(String(repeating: "eine lange Zeile mit é und 😀 ", count: 30)) 
            \ttab\t

            """
        let html = "<p style=\"color: #333\">Gruß &amp; Kuß</p>\n"
        try await client("smtp://127.0.0.1:\(server.port)").send(mail("m1", text: text, html: html))
        let received = try received("m1")
        #expect(received.text == text)
        #expect(received.html == html)
        #expect(received.type == "multipart/alternative")
        #expect(received.subject.hasPrefix("Bestellung m1: 日本語 und ein Betreff, der so"))
        #expect(received.subject.hasSuffix("gefaltet werden muss 😀"))
        #expect(received.from == "Wärf <shop@example.com>")
        #expect(received.to == "\"Lovelace, Ada\" <ada@example.com>")
        #expect(received.date == 1_795_249_132)
        #expect(received.defects == [])
        #expect(received.sender == "shop@example.com")
        #expect(received.recipients == ["ada@example.com"])
    }

    @Test func everyRecipientIsInTheEnvelope() async throws {
        let server = try server()
        let recipients = ["a@example.com", "jürgen@example.com", "c+tag@example.com"]
        try await client("smtp://127.0.0.1:\(server.port)").send(mail("m2", to: recipients))
        #expect(try received("m2").recipients == recipients)
    }

    @Test func connectionsAreReusedAndBounded() async throws {
        let server = try server()
        let url = "smtp://127.0.0.1:\(server.port)"
        let single = try client(url, connections: 1)
        for number in 0..<5 { try await single.send(mail("sequence-\(number)")) }
        #expect(Set(try (0..<5).map { try received("sequence-\($0)").connection }).count == 1)
        let client = try client(url, connections: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                let mail = mail("together-\(number)", text: "number \(number)")
                group.addTask { try await client.send(mail) }
            }
            try await group.waitForAll()
        }
        let together = try (0..<60).map { try received("together-\($0)") }
        #expect(together.map(\.text) == (0..<60).map { "number \($0)\n" })
        #expect((1...3).contains(Set(together.map(\.connection)).count))
    }

    @Test func repliesAreClassified() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        for (code, expected) in [
            (421, SMTPError.Code.temporary(421)), (451, .temporary(451)), (550, .permanent(550)),
            (552, .permanent(552)),
        ] {
            let refused = await error(client, mail("refused", to: ["code-\(code)@example.com"]))
            #expect(refused?.code == expected)
            #expect(refused?.isRetriable == (code < 500))
            #expect(refused?.meansServerIsDown == (code == 421))
            #expect(refused?.description.contains("\(code) \(code / 100).1.1") == true)
            #expect(refused?.description.contains("example.com") == false)
            #expect(refused?.reply.contains("<code-\(code)@example.com> is refused here") == true)
            #expect(refused?.debugDescription.contains("is refused here") == true)
        }
        #expect(await error(client, mail("late", headers: [("X-Refuse", "554")]))?.code == .permanent(554))
        #expect(await error(client, mail("late", headers: [("X-Refuse", "452")]))?.code == .temporary(452))
        // The connection is good for the next mail.
        try await client.send(mail("after"))
        #expect(try received("after").sender == "shop@example.com")
    }

    @Test func oneRefusedRecipientStopsTheMail() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        let refused = await error(client, mail("half", to: ["ada@example.com", "code-550@example.com"]))
        #expect(refused?.code == .permanent(550))
        #expect(throws: (any Error).self) { try received("half") }
    }

    @Test func aMailThatCannotBeBuiltNeverConnects() async throws {
        let refused = await error(try client("smtp://127.0.0.1:1"), mail("bad", to: ["a@b\r\nDATA"]))
        #expect(refused?.code == .invalidMessage)
    }

    @Test func silenceTimesOut() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)", timeout: .milliseconds(500))
        #expect(await error(client, mail("hang", to: ["hang@example.com"]))?.code == .timeout)
    }

    @Test func cancellingLetsGo() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        let task = Task { [mail = mail("hang", to: ["hang@example.com"])] in try await client.send(mail) }
        #expect(await server.nextLine() == "hanging")
        task.cancel()
        let cancelled = await #expect(throws: SMTPError.self) { try await task.value }
        #expect(cancelled?.code == .cancelled)
        #expect(cancelled?.isRetriable == true)
    }

    /// libcurl waits for the answer to a mail's end without turning its loop, and would keep the connection.
    @Test func aServerThatNeverAnswersTheMailHoldsUpNobodyElse() async throws {
        let server = try server()
        let url = "smtp://127.0.0.1:\(server.port)"
        let hanging = mail("hang", headers: [("X-Refuse", "hang")])
        let client = try client(url, connections: 2)
        let beside = Task { try await client.send(hanging) }
        #expect(await server.nextLine() == "hanging")
        try await client.send(mail("beside"))
        beside.cancel()
        #expect(await #expect(throws: SMTPError.self) { try await beside.value }?.code == .cancelled)

        let single = try self.client(url, connections: 1)
        let first = Task { try await single.send(hanging) }
        #expect(await server.nextLine() == "hanging")
        first.cancel()
        _ = await first.result
        try await single.send(mail("after-cancelling"))
        #expect(await error(try self.client(url, timeout: .milliseconds(500)), hanging)?.code == .timeout)
    }

    /// The end of data behind half a mail would deliver that half.
    @Test func aMailBrokenOffHalfWayIsNotFinished() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        // More than the sockets between the two can hold.
        let text = String(repeating: String(repeating: "x", count: 70) + "\n", count: 90_000)
        let mail = mail("stall", to: ["stall@example.com"], text: text)
        let task = Task { try await client.send(mail) }
        #expect(await server.nextLine() == "hanging")
        task.cancel()
        #expect(await #expect(throws: SMTPError.self) { try await task.value }?.code == .cancelled)
        try await client.send(self.mail("go-on", to: ["go-on@example.com"]))
        let rest = await server.nextLine().split(separator: " ")
        #expect(rest.first == "half")
        #expect(try #require(rest.last.flatMap { Int($0) }) < text.utf8.count)
    }

    @Test func aBrokenConnectionIsRetriable() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        let broken = await error(client, mail("break", to: ["break@example.com"]))
        #expect(broken?.code == .connectionLost)
        #expect(broken?.isRetriable == true)
        #expect(broken?.leavesOpenWhoseFault == true)
        #expect(broken?.meansServerIsDown == false)
    }

    @Test func nobodyListening() async throws {
        let client = try client("smtp://127.0.0.1:1")
        #expect(await error(client, mail("none"))?.code == .connectFailed)
        let checked = await #expect(throws: SMTPError.self) { try await client.check() }
        #expect(checked?.code == .connectFailed)
        #expect(checked?.meansServerIsDown == true)
    }

    @Test func checkTalksToTheServer() async throws {
        let plain = try server()
        try await client("smtp://127.0.0.1:\(plain.port)").check()
        let login = try server("starttls", "login")
        let authorities = "cacertfile=\(folder.certificate)"
        try await client("smtp://us%40er:s3%3Acret@127.0.0.1:\(login.port)?\(authorities)").check()
        let refused = await #expect(throws: SMTPError.self) {
            try await client("smtp://us%40er:wrong@127.0.0.1:\(login.port)?\(authorities)").check()
        }
        #expect(refused?.code == .authentication(535))
        #expect(refused?.meansServerIsDown == true)
    }

    @Test func startTLSIsTakenAndItsCertificateVerified() async throws {
        let server = try server("starttls")
        let url = "smtp://127.0.0.1:\(server.port)?starttls=required"
        #expect(await error(try client(url), mail("untrusted"))?.code == .tls)
        try await client(url + "&cacertfile=\(folder.certificate)").send(mail("trusted"))
        #expect(try received("trusted").tls)
        try await client("smtp://127.0.0.1:\(server.port)?cacertfile=\(folder.certificate)").send(mail("offered"))
        #expect(try received("offered").tls)
        try await client("smtp://127.0.0.1:\(server.port)?starttls=off").send(mail("clear"))
        #expect(try !received("clear").tls)
    }

    @Test func withoutTLSNothingGoesOutWhereItIsRequired() async throws {
        let server = try server()
        let required = try client("smtp://127.0.0.1:\(server.port)?starttls=required")
        #expect(await error(required, mail("required"))?.code == .tls)
        let login = try client("smtp://user:s3cret@127.0.0.1:\(server.port)")
        let refused = await error(login, mail("login"))
        #expect(refused?.code == .tls)
        #expect(refused?.debugDescription.contains("s3cret") == false)
    }

    @Test func smtpsAndLogin() async throws {
        let secure = try server("smtps")
        let authorities = "cacertfile=\(folder.certificate)"
        try await client("smtps://localhost:\(secure.port)?\(authorities)").send(mail("smtps"))
        #expect(try received("smtps").tls)
        let login = try server("starttls", "login")
        try await client("smtp://us%40er:s3%3Acret@127.0.0.1:\(login.port)?\(authorities)").send(mail("login"))
        #expect(try received("login").user == "us@er")
    }

    @Test func shutdownEndsWhatIsInFlight() async throws {
        let server = try server()
        let client = try client("smtp://127.0.0.1:\(server.port)")
        let task = Task { [mail = mail("hang", to: ["hang@example.com"])] in try await client.send(mail) }
        #expect(await server.nextLine() == "hanging")
        client.shutdown()
        let closed = await #expect(throws: SMTPError.self) { try await task.value }
        #expect(closed?.code == .closed)
        #expect(await error(client, mail("later"))?.code == .closed)
    }
}
