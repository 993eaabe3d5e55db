// swift-tools-version: 6.2
// The floors of the house, from the ground up: System, Clients, Runtime, Shop, Programs. A target depends only on
// floors below it; script/imports checks every `import` line against this file.
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func system(_ name: String, pkgConfig: String? = nil, apt: String? = nil) -> Target {
    .systemLibrary(
        name: name,
        path: "Sources/System/\(name)",
        pkgConfig: pkgConfig,
        providers: apt.map { [.apt([$0])] }
    )
}

func library(_ floor: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(floor)/\(name)", swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name,
        dependencies: dependencies,
        path: "Sources/Programs/\(name)",
        swiftSettings: settings
    )
}

func tests(_ module: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(module)Tests",
        dependencies: [.byName(name: module)] + dependencies,
        path: "Tests/\(module)Tests",
        swiftSettings: settings
    )
}

let clients: [Target] = [
    library("Clients", "Threading", ["CLinux"]),
    library("Clients", "Randomness"),
    library("Clients", "Postgres", ["CLibPQ", "CLinux", "Threading"]),
    library("Clients", "AMQP", ["CRabbitMQ", "CLinux", "Threading"]),
    library("Clients", "Curl", ["CCurl", "CLinux", "Threading"]),
    library("Clients", "HTTPClient", ["CCurl", "Curl"]),
    library("Clients", "SMTP", ["CCurl", "Curl"]),
    library("Clients", "Crypto", ["COpenSSL", "CArgon2", "CJOSE", "Threading"]),
]

let runtime: [Target] = [
    library("Runtime", "Observability", ["Threading"]),
    library("Runtime", "Lifecycle", ["Observability", "Threading"]),
    library("Runtime", "HTTPServer", ["CMicroHTTPD", "CLinux", "Lifecycle", "Observability", "Threading"]),
    library("Runtime", "Database", ["Lifecycle", "Observability", "Postgres", "Threading"]),
    library("Runtime", "Configuration", ["Observability"]),
    library("Runtime", "OTLP", ["Configuration", "HTTPClient", "Lifecycle", "Observability", "Threading"]),
    library("Runtime", "Topology", ["HTTPClient", "Observability"]),
    library("Runtime", "Jobs", ["Lifecycle", "Observability", "Threading", "Topology"]),
    library("Runtime", "JobControl", ["Jobs", "Lifecycle", "Observability", "Postgres", "Threading"]),
    library("Runtime", "JobsAMQP", ["AMQP", "Jobs", "Lifecycle", "Observability", "Threading", "Topology"]),
    library(
        "Runtime",
        "WorkerProgram",
        ["AMQP", "Configuration", "HTTPServer", "Jobs", "JobsAMQP", "Lifecycle", "OTLP", "Observability", "Topology"]
    ),
    library(
        "Runtime",
        "Outbox",
        ["Database", "Jobs", "Lifecycle", "Observability", "Postgres", "Threading", "Topology"]
    ),
    library("Runtime", "DeadLetters", ["AMQP", "Jobs", "JobsAMQP", "Lifecycle", "Postgres", "Topology"]),
    library(
        "Runtime",
        "Schedule",
        ["Database", "Jobs", "Lifecycle", "Observability", "Outbox", "Postgres", "Topology"]
    ),
    library("Runtime", "Fleet", ["Lifecycle", "Observability", "Randomness", "Threading", "Topology"]),
]

let shop: [Target] = [
    library("Shop", "Messages", ["Jobs"]),
    library("Shop", "Validation", ["Postgres"]),
    library("Shop", "Idempotency", ["Crypto", "Postgres"]),
    library("Shop", "Carts", ["Database", "Postgres", "Validation"]),
    library("Shop", "Accounts", ["Crypto", "Database", "Jobs", "Messages", "Outbox", "Postgres", "Validation"]),
    library(
        "Shop",
        "Catalog",
        [
            "Crypto", "Database", "Idempotency", "Messages", "Outbox", "Postgres", "Randomness", "Threading",
            "Validation",
        ]
    ),
    library(
        "Shop",
        "Payments",
        [
            "Crypto", "Database", "HTTPClient", "Jobs", "Messages", "Observability", "Outbox", "Postgres", "Validation",
        ]
    ),
    library(
        "Shop",
        "Orders",
        [
            "Accounts", "Catalog", "Crypto", "Database", "Idempotency", "Jobs", "Lifecycle", "Messages",
            "Observability", "Outbox", "Payments", "Postgres", "Threading", "Validation",
        ]
    ),
    library(
        "Shop",
        "Search",
        [
            "Catalog", "Database", "HTTPClient", "Jobs", "Lifecycle", "Messages", "Observability", "Outbox", "Postgres",
            "Validation",
        ]
    ),
    library("Shop", "Maintenance", ["Database", "Jobs", "Messages", "Observability", "Postgres"]),
    library(
        "Shop",
        "Mail",
        [
            "Accounts", "Catalog", "Database", "Jobs", "Lifecycle", "Messages", "Observability", "Orders", "Postgres",
            "SMTP",
        ]
    ),
]

let everythingBelowPrograms: [Target.Dependency] =
    ["Threading", "Randomness", "Postgres", "AMQP", "HTTPClient", "SMTP", "Crypto"]
    + ["Observability", "Lifecycle", "HTTPServer", "Database", "Topology", "Jobs", "JobControl", "JobsAMQP"]
    + ["Outbox", "DeadLetters", "Schedule", "Fleet"]
    + [
        "Messages", "Validation", "Idempotency", "Accounts", "Catalog", "Carts", "Orders", "Payments", "Search", "Mail",
        "Maintenance",
    ]

let programs: [Target] = [
    library(
        "Programs",
        "Bootstrap",
        [
            "Configuration", "Crypto", "Database", "HTTPClient", "HTTPServer", "JobControl", "Jobs", "JobsAMQP",
            "Lifecycle", "OTLP", "Observability", "Outbox", "Payments", "Postgres", "SMTP", "Schedule", "Search",
            "Threading", "Topology", "WorkerProgram",
        ]
    ),
    library(
        "Programs",
        "ShopAPI",
        [
            "Accounts", "Carts", "Catalog", "Crypto", "Database", "HTTPServer", "Idempotency", "Observability",
            "Orders", "Payments",
            "Postgres",
            "Search", "Validation",
        ]
    ),
    program(
        "api",
        [
            "Accounts", "Bootstrap", "Carts", "Catalog", "Configuration", "Crypto", "JobsAMQP", "Orders", "Payments",
            "Search", "ShopAPI",
        ]
    ),
    program("worker-orders", ["Bootstrap", "Jobs", "JobsAMQP", "Maintenance", "Orders", "Payments"]),
    program("worker-search", ["Bootstrap", "Jobs", "Search"]),
    program("worker-email", ["Bootstrap", "Configuration", "Jobs", "Mail", "Orders", "SMTP"]),
    program("outbox-relay", ["Bootstrap", "Jobs", "Outbox", "Schedule"]),
    program("wharf", everythingBelowPrograms + ["Bootstrap", "Configuration"]),
]

let package = Package(
    name: "Wharf",
    products: [
        // What writing a worker takes: docs/writing-a-worker.md.
        .library(name: "Jobs", targets: ["Jobs", "Lifecycle", "Observability", "Topology"]),
        .library(name: "JobsAMQP", targets: ["JobsAMQP", "WorkerProgram"]),
        .library(name: "AMQP", targets: ["AMQP"]),
        .library(name: "Postgres", targets: ["Postgres"]),
        .library(name: "HTTPServer", targets: ["HTTPServer"]),
    ],
    targets: [
        system("CLibPQ", pkgConfig: "libpq", apt: "libpq-dev"),
        system("CRabbitMQ", pkgConfig: "librabbitmq", apt: "librabbitmq-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CArgon2", pkgConfig: "libargon2", apt: "libargon2-dev"),
        // Without pkg-config: cjose.pc requires jansson.pc, which libcjose-dev does not bring along.
        system("CJOSE", apt: "libcjose-dev"),
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        system("CLinux"),
    ] + clients + runtime + shop + programs + [
        .executableTarget(
            name: "bench-batch-worker",
            dependencies: ["Bootstrap", "Database", "Jobs", "Messages", "Outbox", "Postgres"],
            path: "Benchmarks/BatchWorker",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bench-flash-sale",
            dependencies: ["Jobs", "JobsAMQP", "WorkerProgram"],
            path: "Benchmarks/FlashSale",
            exclude: ["Procfile", "queues"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "bench-router",
            dependencies: ["Database", "Observability", "Postgres"],
            path: "Benchmarks/Router",
            swiftSettings: settings
        ),
        tests("Threading"),
        tests("Postgres"),
        tests("AMQP", ["CRabbitMQ"]),
        tests("HTTPClient"),
        tests("SMTP"),
        tests("Crypto"),
        tests("Observability", ["Threading"]),
        tests("OTLP", ["Configuration", "Observability"]),
        tests("Lifecycle", ["Observability", "Randomness", "Threading", "runtime-fixture"]),
        .executableTarget(
            name: "runtime-fixture",
            dependencies: ["Fleet", "Jobs", "JobsAMQP", "Lifecycle", "Outbox", "Postgres", "Topology"],
            path: "Tests/RuntimeFixture",
            swiftSettings: settings
        ),
        tests("HTTPServer", ["Observability", "Randomness", "Threading", "CLinux"]),
        tests("Database", ["Postgres"]),
        tests("Topology"),
        tests("Jobs", ["Lifecycle", "Observability", "TestSupport", "Threading", "Topology"]),
        tests("Outbox", ["Jobs", "Observability", "Postgres"]),
        tests("DeadLetters", ["AMQP", "Jobs", "JobsAMQP"]),
        tests("Schedule", ["Jobs", "Outbox", "Topology"]),
        tests("Fleet", ["Lifecycle", "Observability", "TestSupport", "Threading", "Topology", "runtime-fixture"]),
        tests("Validation"),
        tests("Accounts", ["Crypto", "Postgres", "Validation"]),
        tests("Catalog", ["Postgres", "Threading", "Validation"]),
        tests("Payments", ["Validation"]),
        tests("Orders", ["Accounts", "Payments", "Randomness", "Validation"]),
        tests("Carts"),
        tests("Idempotency"),
        tests("Search", ["Catalog", "Jobs", "Messages", "Validation"]),
        tests("Mail", ["Accounts", "Orders", "Messages"]),
        tests(
            "Bootstrap",
            ["Configuration", "HTTPClient", "HTTPServer", "Lifecycle", "Observability", "Threading", "outbox-relay"]
        ),
        tests(
            "ShopAPI",
            [
                "Accounts", "Bootstrap", "Carts", "Catalog", "Crypto", "Database", "HTTPClient", "HTTPServer", "Jobs",
                "Observability", "Orders", "Outbox", "Payments", "Postgres", "Search", "TestSupport", "Topology",
                "Validation", "WorkerProgram",
            ]
        ),
        .testTarget(
            name: "WharfTests",
            dependencies: [
                "wharf", "DeadLetters", "Fleet", "JobControl", "Jobs", "Messages", "Observability", "Topology",
            ],
            path: "Tests/WharfTests",
            swiftSettings: settings
        ),
        .target(
            name: "TestSupport",
            dependencies: everythingBelowPrograms + ["ShopAPI"],
            path: "Tests/TestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: everythingBelowPrograms + ["Bootstrap", "ShopAPI", "TestSupport", "runtime-fixture"],
            path: "Tests/IntegrationTests",
            swiftSettings: settings
        ),
    ]
)
