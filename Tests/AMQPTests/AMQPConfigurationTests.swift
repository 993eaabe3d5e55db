import Testing

@testable import AMQP

@Suite struct AMQPConfigurationTests {
    @Test func aWholeURL() throws {
        let configuration = try AMQPConfiguration(
            url: "amqps://us%65r:p%40ss@broker.example:5999/a%2Fb?heartbeat=7&connection_timeout=3&cacertfile=/ca.pem"
        )
        #expect(configuration.user == "user" && configuration.password == "p@ss")
        #expect(configuration.host == "broker.example" && configuration.port == 5999)
        #expect(configuration.virtualHost == "a/b")
        #expect(configuration.heartbeat == 7 && configuration.connectTimeout == 3)
        #expect(configuration.tls == .init(caFile: "/ca.pem"))
        #expect(!"\(configuration)".contains("p@ss"))
    }

    @Test(arguments: [
        ("amqp://h", 5672, "/"), ("amqps://h/", 5671, "/"), ("amqp://h:1/%2F", 1, "/"), ("amqp://h/x", 5672, "x"),
    ])
    func defaults(url: String, port: Int, virtualHost: String) throws {
        let configuration = try AMQPConfiguration(url: url)
        #expect(configuration.port == port)
        #expect(configuration.virtualHost == virtualHost)
        #expect(configuration.user == "guest")
    }

    @Test(arguments: [
        "", "localhost", "http://user:secret@h", "amqp://user:secret@h/a/b", "amqp://user:secret@h?heartbeat=often",
        "amqp://user:secret@h?heartbeat=-1", "amqp://user:secret@h?colour=blue", "amqp://",
    ])
    func badURLsSayWhatIsWrongAndKeepTheSecret(url: String) {
        let error = #expect(throws: AMQPError.self) { try AMQPConfiguration(url: url) }
        #expect(error?.code == .badURL)
        #expect(error?.message.contains("secret") == false)
    }
}

@Suite struct AMQPValueTests {
    @Test func tablesSurviveTheirEncoding() {
        let table: [String: AMQPValue] = [
            "text": "hä", "empty": "", "number": -5, "yes": true, "half": .double(0.5), "raw": .bytes([0, 255]),
            "nothing": .null, "list": .array(["a", 1, .array([])]), "table": .table(["x": .table([:])]),
        ]
        let arena = TableArena()
        #expect([String: AMQPValue](arena.table(table)) == table)
    }
}
