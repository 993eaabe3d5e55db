package import Configuration
package import Crypto
package import HTTPServer
import OTLP
package import Payments

/// Every environment variable that the programs know, with those that any worker has: they are read from here, and the
/// README's table and `wharf doctor` are made from here.
extension Settings {
    // MARK: PostgreSQL

    package static let databaseURL = Setting(
        "DATABASE_URL",
        "the primary PostgreSQL as a libpq URI, with the role wharf_api",
        example: "postgres://wharf_api:password@localhost:5432/wharf",
        isSecret: true,
        parse: SettingParsers.postgresURL
    )
    package static let databaseReplicaURLs = Setting(
        "DATABASE_REPLICA_URLS",
        "the streaming replicas that serve reads, one libpq URI each, separated by commas; `?weight=2` doubles a share",
        example: "postgres://wharf_api:password@replica:5432/wharf",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.replicaURLs
    )
    package static let workerDatabaseURL = Setting(
        "WORKER_DATABASE_URL",
        "what workers and the outbox relay use in place of DATABASE_URL, with the role wharf_worker",
        example: "postgres://wharf_worker:password@localhost:5432/wharf",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.postgresURL
    )
    package static let workerDatabaseReplicaURLs = Setting(
        "WORKER_DATABASE_REPLICA_URLS",
        "what workers use in place of DATABASE_REPLICA_URLS",
        example: "postgres://wharf_worker:password@replica:5432/wharf",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.replicaURLs
    )
    package static let migrationDatabaseURL = Setting(
        "MIGRATION_DATABASE_URL",
        "the primary PostgreSQL as a libpq URI, with the role wharf_owner that may change tables",
        example: "postgres://wharf_owner:password@localhost:5432/wharf",
        isSecret: true,
        parse: SettingParsers.postgresURL
    )
    package static let backupDatabaseURL = Setting(
        "BACKUP_DATABASE_URL",
        "the primary or a replica as a libpq URI, with the role wharf_backup that reads every row",
        example: "postgres://wharf_backup:password@localhost:5432/wharf",
        isSecret: true,
        parse: SettingParsers.postgresURL
    )
    package static let migrationsDirectory = Setting(
        "MIGRATIONS_DIRECTORY",
        "the folder of the migrations",
        example: "/srv/wharf/migrations",
        default: "migrations",
        parse: { text throws(SettingProblem) in text }
    )
    package static let databasePoolSize = Setting(
        "DATABASE_POOL_SIZE",
        "the most connections that a program opens to the primary, and to each replica",
        example: "16",
        default: "16",
        parse: SettingParsers.integer(1...500)
    )

    // MARK: RabbitMQ

    package static let amqpManagementURL = Setting(
        "AMQP_MANAGEMENT_URL",
        "RabbitMQ's management API",
        example: "http://wharf:password@localhost:15672",
        isSecret: true,
        parse: SettingParsers.url("http", "https")
    )
    package static let schedulesDirectory = Setting(
        "SCHEDULES_DIRECTORY",
        "the folder of the files of periodic jobs",
        example: "/srv/wharf/schedules",
        default: "schedules",
        parse: { text throws(SettingProblem) in text }
    )

    // MARK: Search and mail

    package static let searchURL = Setting(
        "SEARCH_URL",
        "Elasticsearch or OpenSearch",
        example: "http://localhost:9200",
        isSecret: true,
        parse: SettingParsers.url("http", "https")
    )
    package static let smtpURL = Setting(
        "SMTP_URL",
        "the mail server, with ?starttls=off where it has no TLS",
        example: "smtp://user:password@localhost:587?starttls=required",
        isSecret: true,
        parse: SettingParsers.url("smtp", "smtps")
    )
    package static let mailFrom = Setting(
        "MAIL_FROM",
        "the sender's address of all mail",
        example: "shop@example.com",
        parse: SettingParsers.emailAddress
    )
    package static let publicURL = Setting(
        "PUBLIC_URL",
        "where people find the shop's pages: the links in mails begin with it",
        example: "https://shop.example.com",
        parse: SettingParsers.url("http", "https")
    )

    // MARK: Payments

    package static let paymentGateway = Setting(
        "PAYMENT_GATEWAY",
        "who decides about payments: test, where the card's name decides and no money moves, or stripe",
        example: "stripe",
        default: "test",
        parse: SettingParsers.oneOf(GatewayName.self)
    )
    package static let stripeAPIKey = Setting(
        "STRIPE_API_KEY",
        "Stripe's secret key, for worker-orders",
        example: "sk_test_51Hx",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.headerValue
    )
    package static let stripeWebhookSecret = Setting(
        "STRIPE_WEBHOOK_SECRET",
        "the signing secret of Stripe's webhook to /api/payments/stripe/webhook, for the API",
        example: "whsec_4f9c",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.headerValue
    )
    package static let stripeURL = Setting(
        "STRIPE_URL",
        "Stripe's API",
        example: "https://api.stripe.com",
        default: "https://api.stripe.com",
        isSecret: true,
        parse: SettingParsers.url("http", "https")
    )

    // MARK: HTTP

    package static let jwtKeys: Setting<JWTKeys> = Setting(
        "JWT_KEYS",
        "the keys that sign tokens, kid:secret with commas between, each secret at least 32 random bytes in base64url; "
            + "the first one signs",
        example: "2025-01:$(openssl rand -base64 48 | tr +/ -_ | tr -d =)",
        isSecret: true,
        parse: { text throws(SettingProblem) -> JWTKeys in
            do throws(JWTKeys.ParsingError) {
                return try JWTKeys(parsing: text)
            } catch {
                throw SettingProblem(error.description)
            }
        }
    )
    package static let httpPort = Setting(
        "HTTP_PORT",
        "the API's port",
        example: "8080",
        default: "8080",
        parse: SettingParsers.integer(1...65_535)
    )

    package static let documentsDirectory = Setting(
        "DOCUMENTS_DIRECTORY",
        "the folder of the API's description, openapi.yaml, and of the page that shows it",
        example: "/srv/wharf/docs",
        default: "docs",
        parse: { text throws(SettingProblem) in text }
    )
    package static let httpMaximumBodyBytes = Setting(
        "HTTP_MAXIMUM_BODY_BYTES",
        "the most bytes that the API takes as the body of a request",
        example: "1048576",
        default: "1048576",
        parse: SettingParsers.integer(1_024...(64 << 20))
    )
    package static let httpMaximumConnections = Setting(
        "HTTP_MAXIMUM_CONNECTIONS",
        "how many connections the API holds at once; further clients wait to be accepted",
        example: "12000",
        default: "12000",
        parse: SettingParsers.integer(10...1_000_000)
    )
    package static let trustedProxies: Setting<TrustedProxies> = Setting(
        "TRUSTED_PROXIES",
        "addresses and networks, with commas between, of the proxies whose X-Forwarded-For says who the client is",
        example: "10.0.0.0/8",
        isOptional: true,
        parse: { text throws(SettingProblem) in
            do throws(TrustedProxies.ParsingError) {
                return try TrustedProxies(parsing: text)
            } catch {
                throw SettingProblem("a part of it is no address and no network")
            }
        }
    )
    package static let rateLimits = Setting(
        "RATE_LIMITS",
        "how many requests a minute each API process takes from one address and from one account, class=ADDRESS/ACCOUNT "
            + "with commas between, 0 for any number; or off",
        example: "auth=60/0,read=6000/3000,write=1200/600,checkout=300/60",
        default: "auth=60/0,read=6000/3000,write=1200/600,checkout=300/60",
        parse: SettingParsers.rateLimits(["auth", "read", "write", "checkout"])
    )
    package static let metricsURLs = Setting(
        "METRICS_URLS",
        "where `wharf queues status` finds the programs' /metrics, with commas between; without it, on the hundred ports from METRICS_PORT on",
        example: "http://worker-orders:9100,http://outbox-relay:9100",
        isOptional: true,
        isSecret: true,
        parse: SettingParsers.httpURLs
    )
    package static let corsOrigins = Setting(
        "CORS_ORIGINS",
        "the origins, with commas between, whose pages may use the API from a browser; * for all, but then without cookies",
        example: "https://shop.example",
        isOptional: true,
        parse: SettingParsers.origins
    )
    package static let hstsSeconds = Setting(
        "HSTS_SECONDS",
        "for how long browsers are to use TLS only (Strict-Transport-Security); 0 where none stands in front",
        example: "31536000",
        default: "0",
        parse: SettingParsers.integer(0...63_072_000)
    )

    /// All of them, in the order of the README's table.
    package static let all: [Entry] = [
        Entry(databaseURL), Entry(databaseReplicaURLs), Entry(workerDatabaseURL), Entry(workerDatabaseReplicaURLs),
        Entry(migrationDatabaseURL), Entry(migrationsDirectory), Entry(backupDatabaseURL), Entry(databasePoolSize),
        Entry(amqpURL),
        Entry(amqpManagementURL),
        Entry(queuesDirectory), Entry(schedulesDirectory), Entry(workerConcurrency), Entry(searchURL), Entry(smtpURL),
        Entry(mailFrom), Entry(publicURL), Entry(paymentGateway), Entry(stripeAPIKey), Entry(stripeWebhookSecret),
        Entry(stripeURL), Entry(jwtKeys), Entry(httpHost), Entry(httpPort), Entry(httpMaximumBodyBytes),
        Entry(httpMaximumConnections), Entry(trustedProxies), Entry(rateLimits), Entry(corsOrigins), Entry(hstsSeconds),
        Entry(documentsDirectory), Entry(metricsPort), Entry(metricsURLs),
        Entry(shutdownGraceSeconds), Entry(logLevel), Entry(logFormat), Entry(otlpEndpoint), Entry(otlpHeaders),
        Entry(otelServiceName), Entry(otelResourceAttributes), Entry(otelTracesSampler),
        Entry(otelTracesSamplerArgument),
    ]

    /// A setting of any type: its description, and the check of a value in an environment.
    package struct Entry: Sendable {
        package let description: SettingDescription
        private let read: @Sendable (Environment) throws(SettingError) -> Void

        init<Value>(_ setting: Setting<Value>) {
            description = setting.description
            read = { environment throws(SettingError) in
                if setting.description.isOptional {
                    _ = try environment.optional(setting)
                } else {
                    _ = try environment.value(setting)
                }
            }
        }

        /// What is wrong with it in `environment`; `nil` when nothing is.
        package func error(in environment: Environment) -> SettingError? {
            do {
                try read(environment)
                return nil
            } catch {
                return error
            }
        }
    }

    /// The README's table, in Markdown.
    package static var markdownTable: String {
        let rows = all.map { entry in
            let setting = entry.description
            let standard = setting.defaultText.map { "`\($0)`" } ?? (setting.isOptional ? "" : "*must be set*")
            return "| `\(setting.name)` | \(setting.summary) | \(standard) |"
        }
        return (["| variable | what it is | default |", "| --- | --- | --- |"] + rows).joined(separator: "\n") + "\n"
    }
}
