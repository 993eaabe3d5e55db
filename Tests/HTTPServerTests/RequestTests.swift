import Observability
import Testing

@testable import HTTPServer

@Suite struct RequestTests {
    @Test(
        arguments: [
            ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a//b", ["a", "", "b"]), ("/a%2Fb/c%20d", ["a/b", "c d"]),
            ("/caf%C3%A9", ["café"]), ("/100%", ["100%"]), ("/a+b", ["a+b"]), ("http://host:80/x/y?z=1", ["x", "y"]),
            ("*", ["*"]), ("/%ff", ["\u{FFFD}"]), ("http://host", []),
        ] as [(String, [String])]
    )
    func segmentsAreDecoded(target: String, segments: [String]) {
        #expect(Request(method: .get, target: target).segments == segments)
    }

    @Test func queryIsDecoded() {
        let query = Request(method: .get, target: "/s?q=red+t%2Dshirt&tag=a&tag=b%26c&flag&empty=&=x&e=1=2&p=5%").query
        #expect(query.first("q") == "red t-shirt")
        #expect(query.all("tag") == ["a", "b&c"])
        #expect(query.first("flag") == "")
        #expect(query.first("empty") == "")
        #expect(query.first("e") == "1=2")
        #expect(query.first("p") == "5%")
        #expect(query.first("missing") == nil)
    }

    @Test func pathKeepsItsBytes() {
        #expect(Request(method: .get, target: "/a%20b?c=d").path == "/a%20b")
    }

    @Test(arguments: ["abc-1.2_Z", String(repeating: "a", count: 64)])
    func saneRequestIDsAreKept(id: String) {
        #expect(Request(method: .get, target: "/", headers: ["x-request-id": id]).requestID == id)
    }

    @Test(arguments: ["", "a b", "a\nb", "{}", "é", String(repeating: "a", count: 65)])
    func otherRequestIDsAreReplaced(id: String) {
        let made = Request(method: .get, target: "/", headers: ["X-Request-Id": id]).requestID
        #expect(made != id)
        #expect((1...64).contains(made.utf8.count))
        #expect(RequestID.accepting(made) == made)
    }

    @Test func madeRequestIDsDiffer() {
        #expect(Set((0..<100).map { _ in Request(method: .get, target: "/").requestID }).count == 100)
    }

    @Test func traceContinues() {
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let request = Request(method: .get, target: "/", headers: ["traceparent": parent])
        #expect(request.trace.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(request.trace.spanID != "b7ad6b7169203331")
    }

    @Test func contextKeepsValuesByKey() {
        enum User: RequestContextKey { typealias Value = String }
        enum Tenant: RequestContextKey { typealias Value = String }
        var request = Request(method: .get, target: "/")
        request[User.self] = "ann"
        #expect(request[User.self] == "ann")
        #expect(request[Tenant.self] == nil)
    }
}
