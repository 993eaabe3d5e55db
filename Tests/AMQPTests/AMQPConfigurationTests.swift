import CRabbitMQ
import Foundation
import Testing

@testable import AMQP

@Suite struct AMQPConfigurationTests {
    @Test func aWholeURL() throws {
        let configuration = try AMQPConfiguration(
            url: "amqps://us%65r:p%40ss@broker.example:5999/a%2Fb?heartbeat=7&connection_timeout=3&cacertfile=/ca.pem"
        )
        #expect(configuration.user == "user" && configuration.password == "p@ss")
        #expect(configuration.hosts == [.init(name: "broker.example", port: 5999)])
        #expect(configuration.virtualHost == "a/b")
        #expect(configuration.heartbeat == 7 && configuration.connectTimeout == 3)
        #expect(configuration.tls == .init(caFile: "/ca.pem"))
        var dumped = ""
        dump([configuration], to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] { #expect(!text.contains("p@ss")) }
    }

    @Test(arguments: [
        ("amqp://h", 5672, "/"), ("amqps://h/", 5671, "/"), ("amqp://h:1/%2F", 1, "/"), ("amqp://h/x", 5672, "x"),
    ])
    func defaults(url: String, port: Int, virtualHost: String) throws {
        let configuration = try AMQPConfiguration(url: url)
        #expect(configuration.hosts.map(\.port) == [port])
        #expect(configuration.virtualHost == virtualHost)
        #expect(configuration.user == "guest")
    }

    @Test func aClusterHasSeveralHosts() throws {
        let configuration = try AMQPConfiguration(url: "amqp://u:p%2C@a,b:5673,[::1]:5674/x?heartbeat=7")
        #expect(configuration.hosts.map(\.description) == ["a:5672", "b:5673", "::1:5674"])
        #expect(configuration.password == "p," && configuration.virtualHost == "x" && configuration.heartbeat == 7)
        #expect("\(configuration)" == "amqp://a:5672,b:5673,::1:5674/x")
    }

    @Test(arguments: [
        "amqp://user:secret@a,,b", "amqp://user:secret@a,/x", "amqp://user:secret@a:5672,b:many", "", "localhost",
        "http://user:secret@h", "amqp://user:secret@h/a/b", "amqp://user:secret@h?heartbeat=often",
        "amqp://user:secret@h?heartbeat=-1", "amqp://user:secret@h?colour=blue", "amqp://",
        "amqp://user:secret@h?cacertfile=/ca.pem", "amqps://user:secret@h?certfile=/c.pem",
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

    @Test func textThatIsNotUTF8StaysAsItIs() {
        let arena = TableArena()
        let bytes: [UInt8] = [0x61, 0xFF, 0xFE]
        var field = amqp_field_value_t()
        field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
        field.value.bytes = arena.bytes(bytes)
        #expect(AMQPValue(field) == .bytes(bytes))
    }

    @Test(
        arguments: [(1_700_000_000.9, 1_700_000_000), (-5, 0), (.nan, 0), (.infinity, 1 << 62)] as [(Double, UInt64)]
    )
    func timestampsAreWholeSeconds(since1970: Double, onTheWire: UInt64) {
        #expect(Date(timeIntervalSince1970: since1970).amqpSeconds == onTheWire)
    }

    @Test func theSizeOnTheWireIsThatOfTheEncoder() {
        let table: [String: AMQPValue] = [
            "text": "hä", "number": 1, "half": .double(0.5), "yes": true, "raw": .bytes([1, 2]), "nothing": .null,
            "when": .timestamp(Date(timeIntervalSince1970: 1)), "list": .array(["a", 2, .null]),
            "table": .table(["x": .table(["y": false])]),
        ]
        let arena = TableArena()
        var encoded = arena.table(table)
        let buffer = arena.bytes([UInt8](repeating: 0, count: 1_000))
        var size = 0
        #expect(amqp_encode_table(buffer, &encoded, &size) == AMQP_STATUS_OK.rawValue)
        #expect(AMQPValue.wireSize(of: table) == size)
    }
}
