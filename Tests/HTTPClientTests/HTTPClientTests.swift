import HTTPClient
import Testing

/// What needs no server; the rest is in IntegrationTests.
@Suite struct HTTPClientTests {
    @Test(arguments: [
        "", "not a url", "127.0.0.1:9200/_bulk", "http://", "ftp://host/file", "file:///etc/passwd",
        "smtp://host", "http://host/a b", "http://host:99999/", "http://ho\0st/", "http://[::1/",
    ])
    func onlyHTTPURLsAreTaken(url: String) async {
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().send(HTTPRequest(url: url)) }
        #expect(error?.code == .badURL)
        #expect(error?.isRetriable == false)
    }

    @Test(arguments: [
        ("GET", "X-Name", "a\r\nX-Other: b"), ("GET", "X-Name", "a\nb"), ("GET", "X-Name", "a\0b"),
        ("GET", "X-Name: a\r\nX", "b"), ("GET", "", "b"), ("GET", "X Name", "b"), ("GET / HTTP/1.1\r\nX: y", "X", "b"),
        ("", "X", "b"),
    ])
    func nothingCanBreakARequestApart(method: String, name: String, value: String) async {
        // The port is never reached: the request is refused before anything connects.
        let request = HTTPRequest(method: method, url: "http://127.0.0.1:1/", headers: [(name, value)])
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().send(request) }
        #expect(error?.code == .invalidRequest)
    }

    @Test func descriptionsKeepSecrets() async {
        let request = HTTPRequest(
            method: "POST",
            url: "http://guest:s3cret@127.0.0.1:1/api?token=t0ken",
            headers: [("Authorization", "Bearer b3arer")],
            body: Array("passw0rd".utf8)
        )
        #expect(request.description == "POST http://127.0.0.1:1/api")
        let error = await #expect(throws: HTTPClientError.self) { try await HTTPClient().send(request) }
        #expect(error?.code == .connectFailed)
        #expect(error?.isRetriable == true)
        for text in [
            "\(request)", String(reflecting: request), String(reflecting: [request]), "\(String(describing: error))",
            String(reflecting: error),
        ] {
            for secret in ["s3cret", "guest", "t0ken", "b3arer", "passw0rd"] { #expect(!text.contains(secret)) }
        }
        #expect(error?.description.hasPrefix("POST http://127.0.0.1:1/api failed: ") == true)
        #expect(error?.debugDescription.contains("HTTPClientTests.swift:") == true)
    }

    @Test func aCancelledTaskSendsNothing() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await HTTPClient().send(HTTPRequest(url: "http://127.0.0.1:1/"))
        }
        let error = await #expect(throws: HTTPClientError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func afterShutdownNothingIsSent() async {
        let client = HTTPClient()
        client.shutdown()
        client.shutdown()
        let error = await #expect(throws: HTTPClientError.self) {
            try await client.send(HTTPRequest(url: "http://127.0.0.1:1/"))
        }
        #expect(error?.code == .closed)
    }
}
