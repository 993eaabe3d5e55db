import Configuration
import Observability
import Testing

@testable import Bootstrap

@Suite struct SettingsTests {
    private func error<Value>(_ setting: Setting<Value>, _ text: String) -> String? {
        do {
            _ = try Environment([setting.description.name: text]).value(setting)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aMissingSettingSaysHowToSetIt() {
        let error = #expect(throws: SettingError.self) { try Environment([:]).value(Settings.databaseURL) }
        #expect(
            error?.description
                == "DATABASE_URL is not set. Set it to the primary PostgreSQL as a libpq URI, with the role "
                + "wharf_api, for example DATABASE_URL=postgres://wharf_api:password@localhost:5432/wharf"
        )
    }

    @Test func aBadSettingSaysWhatIsWrong() {
        #expect(
            error(Settings.httpPort, "70000")
                == "The value '70000' of HTTP_PORT is wrong: it is no whole number from 1 "
                + "to 65535. Set it to the API's port, for example HTTP_PORT=8080"
        )
    }

    @Test func anEmptyValueCountsAsNotSet() throws {
        let environment = Environment(["HTTP_PORT": " ", "DATABASE_URL": ""])
        #expect(try environment.value(Settings.httpPort) == 8080)
        #expect(throws: SettingError.self) { try environment.value(Settings.databaseURL) }
        #expect(try environment.optional(Settings.workerConcurrency) == nil)
    }

    @Test func everyErrorIsOneLine() {
        let nasty = "a\nb\r\u{1B}[31m" + String(repeating: "x", count: 10_000)
        for entry in Settings.all {
            guard let error = entry.error(in: Environment([entry.description.name: nasty])) else { continue }
            #expect(!error.description.unicodeScalars.contains { $0.properties.generalCategory == .control })
            #expect(error.description.count < 600)
            #expect(error.description.contains(entry.description.name))
        }
    }

    @Test func secretsAreNeverRepeated() {
        for entry in Settings.all where entry.description.isSecret {
            for text in ["hunter2hunter2", "nonsense://user:hunter2@host:99999999/x", "hunter2:hunter2:hunter2"] {
                guard let error = entry.error(in: Environment([entry.description.name: text])) else { continue }
                #expect(!error.description.contains("hunter2"))
            }
        }
    }

    @Test func whatCarriesCredentialsIsSecret() {
        for entry in Settings.all where entry.description.name.contains("URL") || entry.description.name.contains("KEY")
        {
            // The one of the shop's own pages stands in every mail.
            #expect(entry.description.isSecret == (entry.description.name != "PUBLIC_URL"))
        }
    }

    @Test func examplesAndDefaultsAreGood() {
        for entry in Settings.all {
            let setting = entry.description
            // The example of JWT_KEYS is a shell command that makes one.
            if setting.name == "JWT_KEYS" { continue }
            #expect(entry.error(in: Environment([setting.name: setting.example])) == nil)
            let isNeeded = setting.defaultText == nil && !setting.isOptional
            #expect((entry.error(in: Environment([:])) != nil) == isNeeded)
        }
    }

    @Test func namesAreUniqueAndTheTableHasThemAll() {
        let names = Settings.all.map(\.description.name)
        #expect(Set(names).count == names.count)
        let rows = Settings.markdownTable.split(separator: "\n").dropFirst(2)
        #expect(zip(rows, names).allSatisfy { $0.hasPrefix("| `\($1)` |") })
        #expect(rows.count == names.count)
    }

    @Test(arguments: ["0", "-1", "65536", "70000", "80.5", "http", "8080x", "١٢"])
    func absurdPorts(_ text: String) {
        #expect(error(Settings.httpPort, text) != nil)
        #expect(error(Settings.metricsPort, text) != nil)
    }

    @Test func absurdNumbers() {
        for text in ["0", "-3", "10001", "many"] { #expect(error(Settings.workerConcurrency, text) != nil) }
        for text in ["0", "-1", "3601", "1e9"] { #expect(error(Settings.shutdownGraceSeconds, text) != nil) }
        for text in ["0", "501"] { #expect(error(Settings.databasePoolSize, text) != nil) }
    }

    @Test(arguments: [
        "garbage", "http://db/wharf", "postgres://", "postgres://host", "postgres://host/", "postgres://host:0/wharf",
        "postgres://host:99999/wharf", "postgres://host:x/wharf", "postgres://a:1,b:0/wharf", "postgres://ho st/wharf",
        "postgres://user:a/b@host/", "postgres://host?dbname=x",
    ])
    func badDatabases(_ text: String) { #expect(error(Settings.databaseURL, text) != nil) }

    @Test(arguments: [
        "postgres://u:p@host:5432/wharf", "postgresql://host/wharf?sslmode=require", "postgres:///wharf",
        "postgres://a:1,b:2,[::1]:3/wharf?target_session_attrs=read-write", "postgres://[::1]/wharf",
        "postgres://u:p%40@%2Fvar%2Frun/wharf",
    ])
    func goodDatabases(_ text: String) { #expect(error(Settings.databaseURL, text) == nil) }

    @Test func replicasAreAList() throws {
        let environment = Environment([
            "DATABASE_REPLICA_URLS":
                "postgres://a/wharf, postgres://b:1/wharf?weight=3&sslmode=require,postgres://c/wharf?weight=0"
        ])
        #expect(
            try environment.optional(Settings.databaseReplicaURLs).map { $0.map(\.url) }
                == ["postgres://a/wharf", "postgres://b:1/wharf?sslmode=require", "postgres://c/wharf"]
        )
        #expect(try environment.optional(Settings.databaseReplicaURLs).map { $0.map(\.weight) } == [1, 3, 0])
        #expect(
            error(Settings.databaseReplicaURLs, "postgres://a/wharf?weight=many")?.contains("weight") == true
        )
        #expect(error(Settings.databaseReplicaURLs, "postgres://a/wharf,nonsense") != nil)
    }

    @Test func metricsAreAList() throws {
        let environment = Environment(["METRICS_URLS": "http://a:9100, https://b"])
        #expect(try environment.optional(Settings.metricsURLs) == ["http://a:9100", "https://b"])
        for text in ["a:9100", "http://a,ftp://b"] { #expect(error(Settings.metricsURLs, text) != nil) }
    }

    @Test func aBrokerMayHaveSeveralHosts() {
        #expect(error(Settings.amqpURL, "amqps://u:p@a,b:5671,[::1]:5671/%2F") == nil)
        #expect(error(Settings.amqpURL, "amqp://a,,b") != nil)
    }

    @Test(arguments: ["garbage", "http://broker", "amqp://", "amqp://broker:0", "amqp://broker:99999", "amqp:broker"])
    func badBrokers(_ text: String) { #expect(error(Settings.amqpURL, text) != nil) }

    @Test(arguments: ["", "ftp://x", "http://", "http:///path", "//search", "search:9200"])
    func badSearch(_ text: String) { #expect(error(Settings.searchURL, text) != nil) }

    @Test(arguments: ["shop", "@example.com", "shop@", "a@b@c", "a b@example.com", "a@example.com\nBcc: x", "<a@b.c>"])
    func badSenders(_ text: String) { #expect(error(Settings.mailFrom, text) != nil) }

    @Test(arguments: ["secret", "a:short", "a:!!!!", ":AAAA", "a:\(String(repeating: "A", count: 42))"])
    func badKeys(_ text: String) { #expect(error(Settings.jwtKeys, text) != nil) }

    @Test func goodKeys() {
        #expect(error(Settings.jwtKeys, "a:\(String(repeating: "A", count: 43))") == nil)
    }

    @Test func levelsAndFormats() throws {
        #expect(try Environment(["LOG_LEVEL": "WARNING"]).value(Settings.logLevel) == .warning)
        #expect(try Environment([:]).value(Settings.logLevel) == .info)
        #expect(error(Settings.logLevel, "loud") != nil)
        #expect(error(Settings.logFormat, "xml") != nil)
    }
}
