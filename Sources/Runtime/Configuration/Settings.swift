package import Observability

/// The environment variables of every worker. A program adds its own in an extension.
package enum Settings {
    // MARK: RabbitMQ

    package static let amqpURL = Setting(
        "AMQP_URL",
        "the RabbitMQ virtual host",
        example: "amqp://wharf:password@localhost:5672/%2F",
        isSecret: true,
        parse: SettingParsers.amqpURL
    )
    package static let queuesDirectory = Setting(
        "QUEUES_DIRECTORY",
        "the folder of the queue files",
        example: "/srv/wharf/queues",
        default: "queues",
        parse: { text throws(SettingProblem) in text }
    )
    package static let workerConcurrency = Setting(
        "WORKER_CONCURRENCY",
        "how many jobs a worker runs at once from each of its queues, in place of the number in the queue's file",
        example: "32",
        isOptional: true,
        parse: SettingParsers.integer(1...10_000)
    )

    // MARK: Probes

    package static let httpHost = Setting(
        "HTTP_HOST",
        "the address that HTTP_PORT and METRICS_PORT listen on; 0.0.0.0 for all",
        example: "0.0.0.0",
        default: "127.0.0.1",
        parse: SettingParsers.host
    )
    package static let metricsPort = Setting(
        "METRICS_PORT",
        "the port of /health/live, /health/ready and /metrics, another one for each program on a machine",
        example: "9100",
        default: "9100",
        parse: SettingParsers.integer(1...65_535)
    )

    // MARK: Process

    package static let shutdownGraceSeconds = Setting(
        "SHUTDOWN_GRACE_SECONDS",
        "how many seconds a program may take to stop after SIGTERM",
        example: "25",
        default: "25",
        parse: SettingParsers.integer(1...3_600)
    )
    package static let logLevel: Setting<LogLevel> = Setting(
        "LOG_LEVEL",
        "the lowest level that is logged: \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))",
        example: "info",
        default: LogLevel.info.rawValue,
        parse: SettingParsers.oneOf(LogLevel.self)
    )
    package static let logFormat: Setting<LogFormat> = Setting(
        "LOG_FORMAT",
        "how log lines look: json, text, or auto (text on a terminal, otherwise json)",
        example: "json",
        default: LogFormat.auto.rawValue,
        parse: SettingParsers.oneOf(LogFormat.self)
    )
}
