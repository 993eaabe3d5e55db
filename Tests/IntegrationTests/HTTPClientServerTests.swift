import Foundation
import HTTPClient
import Testing

/// The client against a real server: Python's, which knows nothing of libcurl.
@Suite(.timeLimit(.minutes(2))) struct HTTPClientServerTests {
    private static let script =
        CertificateFolder.script + #"""
            import http.server, json
            hanging, hung_up = threading.Semaphore(0), threading.Semaphore(0)

            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                disable_nagle_algorithm = True

                def log_message(self, *arguments): pass

                def answer(self, status, body, headers={}):
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    for name, value in headers.items(): self.send_header(name, value)
                    self.end_headers()
                    if self.command != "HEAD": self.wfile.write(body)

                def handle_any(self):
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    path = self.path.partition("?")[0].split("/")
                    match path[1]:
                        case "hang":
                            hanging.release()
                            self.connection.recv(1)
                            hung_up.release()
                            self.close_connection = True
                        case "close": server.socket.shutdown(2); server.socket.close(); self.answer(204, b"", {"Connection": "close"})
                        case "await-hang": hanging.acquire(); self.answer(204, b"")
                        case "await-hung-up": hung_up.acquire(); self.answer(204, b"")
                        case "status": self.answer(int(path[2]), b"status", {"Location": "/echo"})
                        case "zeros": self.answer(200, bytes(int(path[2])))
                        case "break":
                            self.send_response(200)
                            self.send_header("Content-Length", "1000")
                            self.end_headers()
                            self.wfile.write(b"half")
                            self.close_connection = True
                        case "endless":
                            self.send_response(200)
                            self.send_header("Transfer-Encoding", "chunked")
                            self.end_headers()
                            try:
                                while True: self.wfile.write(b"1000\r\n" + bytes(4096) + b"\r\n")
                            except OSError: self.close_connection = True
                        case _:
                            self.answer(200, json.dumps({
                                "method": self.command, "path": self.path, "body": body.decode("latin-1"),
                                "connection": str(self.client_address[1]),
                                "headers": {name.lower(): value for name, value in self.headers.items()},
                            }).encode(), {"X-Twice": "a", "x-twice": "b"})

                do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

            class Server(http.server.ThreadingHTTPServer):
                request_queue_size = 512
                def handle_error(self, *arguments): pass

            server = Server(("127.0.0.1", 0), Handler)
            if len(sys.argv) > 1:
                server.socket = make_certificate(sys.argv[1]).wrap_socket(server.socket, server_side=True)
            print(server.server_port)
            server.serve_forever()
            """#

    private struct Echo: Decodable {
        let method: String
        let path: String
        let body: String
        let connection: String
        let headers: [String: String]
    }

    private let server: PythonServer

    init() throws { server = try PythonServer(Self.script) }

    private func url(_ path: String) -> String { "http://127.0.0.1:\(server.port)/\(path)" }

    private func client(connections: Int = 8, maximumBody: Int = 16 << 20) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.maximumConnectionsPerHost = connections
        configuration.maximumBody = maximumBody
        return HTTPClient(configuration)
    }

    private func echo(_ response: HTTPResponse) throws -> Echo {
        try JSONDecoder().decode(Echo.self, from: Data(response.body))
    }

    private func code(_ client: HTTPClient, _ request: HTTPRequest) async -> HTTPClientError.Code? {
        await #expect(throws: HTTPClientError.self) { try await client.send(request) }?.code
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
    func theRequestArrivesAsItWasGiven(method: String) async throws {
        let response = try await client().send(
            HTTPRequest(
                method: method,
                url: url("a%2Fb/c?q=%20x"),
                headers: [("Content-Type", "application/json"), ("X-Empty", ""), ("X-Text", "é: \t;")],
                body: Array(#"{"a":"b"}"#.utf8)
            )
        )
        #expect(response.status == 200)
        #expect(response.headers["x-twice"] == "a, b")
        let echo = try echo(response)
        #expect(echo.method == method)
        #expect(echo.path == "/a%2Fb/c?q=%20x")
        #expect(echo.body == #"{"a":"b"}"#)
        #expect(echo.headers["content-type"] == "application/json")
        #expect(echo.headers["x-empty"] == "")
        #expect(echo.headers["expect"] == nil)
        #expect(echo.headers["authorization"] == nil)
    }

    @Test func withoutABodyNothingIsInvented() async throws {
        let get = try echo(await client().send(HTTPRequest(url: url("echo"))))
        #expect(get.headers["content-length"] == nil)
        #expect(get.headers["content-type"] == nil)
        let post = try echo(await client().send(HTTPRequest(method: "POST", url: url("echo"))))
        #expect(post.headers["content-length"] == "0")
        #expect(post.headers["content-type"] == nil)
        let delete = try echo(await client().send(HTTPRequest(method: "DELETE", url: url("echo"))))
        #expect(delete.method == "DELETE")
        let head = try await client().send(HTTPRequest(method: "HEAD", url: url("zeros/1000")))
        #expect(head.headers["content-length"] == "1000")
        #expect(head.body.isEmpty)
    }

    @Test func credentialsBecomeBasicAuthentication() async throws {
        let response = try await client().send(
            HTTPRequest(url: "http://gu%40est:s%3Ae%2Fcret@127.0.0.1:\(server.port)/echo")
        )
        let expected = Data("gu@est:s:e/cret".utf8).base64EncodedString()
        #expect(try echo(response).headers["authorization"] == "Basic \(expected)")
    }

    @Test(arguments: [204, 301, 302, 307, 400, 401, 404, 409, 429, 500, 503])
    func everyStatusIsAnAnswer(status: Int) async throws {
        #expect(try await client().send(HTTPRequest(url: url("status/\(status)"))).status == status)
    }

    @Test func aLargeBodyGoesAndComes() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
        let sent = try await client().send(HTTPRequest(method: "PUT", url: url("echo"), body: body))
        #expect(try echo(sent).body.utf8.count == body.count)
        let received = try await client().send(HTTPRequest(url: url("zeros/3000000")))
        #expect(received.body == [UInt8](repeating: 0, count: 3_000_000))
    }

    @Test func aBodyBeyondTheLimitIsRefused() async throws {
        let client = client(maximumBody: 10_000)
        #expect(try await client.send(HTTPRequest(url: url("zeros/10000"))).body.count == 10_000)
        #expect(await code(client, HTTPRequest(url: url("zeros/10001"))) == .tooLarge)
        #expect(await code(client, HTTPRequest(url: url("endless"))) == .tooLarge)
    }

    @Test func connectionsAreReused() async throws {
        let client = client()
        var connections: Set<String> = []
        for _ in 0..<10 {
            connections.insert(try echo(await client.send(HTTPRequest(url: url("echo")))).connection)
        }
        #expect(connections.count == 1)
    }

    @Test func connectionsAreBoundedAndEveryAnswerReachesItsCaller() async throws {
        let client = client(connections: 3)
        let url = url("echo")
        let connections = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<300 {
                group.addTask {
                    let request = HTTPRequest(method: "POST", url: url, body: Array("\(index)".utf8))
                    let echo = try JSONDecoder().decode(Echo.self, from: Data(await client.send(request).body))
                    #expect(echo.body == "\(index)")
                    return echo.connection
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect((1...3).contains(connections.count))
    }

    @Test func silenceTimesOut() async {
        let request = HTTPRequest(url: url("hang"), timeout: .milliseconds(200))
        #expect(await code(client(), request) == .timeout)
    }

    /// The only connection is taken for good: the second request's time runs while it waits.
    @Test func waitingForAConnectionTimesOut() async throws {
        let client = client(connections: 1)
        let first = Task { [url = url("hang")] in try await client.send(HTTPRequest(url: url)) }
        _ = try await self.client().send(HTTPRequest(url: url("await-hang")))
        #expect(await code(client, HTTPRequest(url: url("echo"), timeout: .milliseconds(200))) == .timeout)
        first.cancel()
        _ = await first.result
    }

    @Test func cancellingHangsUp() async throws {
        let client = client()
        let task = Task { [url = url("hang")] in try await client.send(HTTPRequest(url: url)) }
        _ = try await client.send(HTTPRequest(url: url("await-hang")))
        task.cancel()
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await client.send(HTTPRequest(url: url("await-hung-up"))).status == 204)
    }

    /// A program that is started meanwhile would hold the connection open after its owner has closed it.
    @Test func noProgramInheritsTheConnection() async throws {
        let client = client()
        let task = Task { [url = url("hang")] in try await client.send(HTTPRequest(url: url)) }
        _ = try await self.client().send(HTTPRequest(url: url("await-hang")))
        var flags: [Int32] = []
        for descriptor in Int32(3)..<Int32(4096) where connects(descriptor, to: server.port) {
            flags.append(fcntl(descriptor, F_GETFD))
        }
        #expect(!flags.isEmpty)
        #expect(flags.allSatisfy { $0 & FD_CLOEXEC != 0 })
        task.cancel()
        _ = await task.result
    }

    private func connects(_ descriptor: Int32, to port: Int) -> Bool {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return code == 0 && address.sin_family == AF_INET && Int(UInt16(bigEndian: address.sin_port)) == port
    }

    @Test func shutdownEndsWhatIsInFlight() async throws {
        let client = client()
        let task = Task { [url = url("hang")] in try await client.send(HTTPRequest(url: url)) }
        _ = try await self.client().send(HTTPRequest(url: url("await-hang")))
        client.shutdown()
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .closed)
        #expect(try await self.client().send(HTTPRequest(url: url("await-hung-up"))).status == 204)
    }

    @Test func halfAnAnswerIsALostConnection() async {
        let error = await #expect(throws: HTTPClientError.self) {
            try await client().send(HTTPRequest(url: url("break")))
        }
        #expect(error?.code == .connectionLost)
        #expect(error?.isRetriable == true)
    }

    @Test func aServerThatIsGoneIsAFailedConnectionAndOneThatIsBackAnswers() async throws {
        let client = client()
        _ = try await client.send(HTTPRequest(url: url("close")))
        #expect(await code(client, HTTPRequest(url: url("echo"))) == .connectFailed)
        let back = try PythonServer(Self.script)
        #expect(try await client.send(HTTPRequest(url: "http://127.0.0.1:\(back.port)/echo")).status == 200)
    }

    @Test func certificatesAreVerified() async throws {
        let folder = try CertificateFolder()
        let server = try PythonServer(Self.script, arguments: [folder.path])
        let request = HTTPRequest(url: "https://localhost:\(server.port)/echo")
        #expect(await code(client(), request) == .tls)
        var configuration = HTTPClient.Configuration()
        configuration.certificateAuthorities = folder.certificate
        #expect(try await HTTPClient(configuration).send(request).status == 200)
    }

    @Test func aServerThatSpeaksNoTLSIsATLSError() async {
        #expect(await code(client(), HTTPRequest(url: "https://127.0.0.1:\(server.port)/")) == .tls)
    }
}
