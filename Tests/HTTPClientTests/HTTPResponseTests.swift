import Testing

@testable import HTTPClient

@Suite struct HTTPResponseTests {
    @Test func headersAreReadByLowerCaseName() {
        let response = HTTPResponse(
            status: 200,
            lines: ["HTTP/1.1 200 OK", "Content-Type:  text/plain \t", "X-Empty:", "ETag: \"a:b\"", "no colon", ""],
            body: []
        )
        #expect(response.headers == ["content-type": "text/plain", "x-empty": "", "etag": "\"a:b\""])
    }

    @Test func repeatedHeadersAreJoined() {
        let response = HTTPResponse(status: 200, lines: ["HTTP/1.1 200 OK", "Via: a", "via: b"], body: [])
        #expect(response.headers == ["via": "a, b"])
    }

    @Test func interimAnswersAreForgotten() {
        let lines = ["HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "Server: y", ""]
        #expect(HTTPResponse(status: 200, lines: lines, body: []).headers == ["server": "y"])
    }
}
