import Observability
import Testing

@Suite struct MaskedTests {
    @Test(arguments: [
        ("ann@example.com", "a***@example.com"), ("@example.com", "***"), ("nonsense", "***"), ("", "***"),
        ("a@b@c.de", "a***@c.de"),
    ])
    func emails(_ plain: String, _ masked: String) { #expect(Masked.email(plain) == masked) }

    @Test(arguments: [
        ("eyJhbGciOiJIUzI1NiIsImtpZCI6", "eyJh***"), ("short-secret", "***"), ("", "***"),
    ])
    func tokens(_ plain: String, _ masked: String) { #expect(Masked.token(plain) == masked) }

    @Test(arguments: [
        ("amqp://shop:secret@broker:5672/v", "amqp://shop:***@broker:5672/v"),
        ("amqp://shop:p@ss:w@broker/v", "amqp://shop:***@broker/v"),
        (
            "postgres://shop@db/wharf?password=secret&sslmode=require",
            "postgres://shop@db/wharf?password=***&sslmode=require"
        ),
        ("host=db password=secret user=shop password=x", "host=db password=*** user=shop password=***"),
        ("http://search:9200/a@b", "http://search:9200/a@b"), ("postgres:///wharf", "postgres:///wharf"),
    ])
    func urls(_ plain: String, _ masked: String) { #expect(Masked.url(plain) == masked) }
}
