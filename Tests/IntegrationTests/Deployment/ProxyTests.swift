import Foundation
import TestSupport
import Testing

/// docker/nginx/nginx.conf as it is, in front of the real API: only names and ports differ.
@Suite struct ProxyTests {
    @Test func theEdgeSpeaksTLSAndPassesOnWhoTheClientIs() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api, ["TRUSTED_PROXIES": "127.0.0.1"])
            let edge = try await Edge(to: shop.apiPortNumber)

            let spoken = try await edge.curl(
                [
                    "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}",
                    "\(edge.url)/api/catalog/products",
                ]
            )
            #expect(spoken.output == "2 200")
            let old = try await edge.curl(["--tls-max", "1.2", "\(edge.url)/api/catalog/products"])
            #expect(old.status == 35, "a handshake of TLS 1.2 must fail: \(old.output)")
            let plain = try await edge.curl([
                "--write-out", "%{http_code} %{redirect_url}", edge.plainURL + "/api/docs",
            ])
            #expect(plain.output.contains("308 https://localhost/api/docs"), "\(plain.output)")
            let probe = try await edge.curl([
                "--output", "/dev/null", "--write-out", "%{http_code}", "\(edge.url)/health/ready",
            ])
            #expect(probe.output == "404")

            // What the client says of itself is not believed.
            let forged = try await edge.curl([
                "--interface", "127.0.0.5", "--header", "X-Forwarded-For: 6.6.6.6", "--output", "/dev/null",
                "\(edge.url)/api/catalog/categories",
            ])
            #expect(forged.status == 0)
            try await eventually("the request is logged") { api.process.output.contains("/api/catalog/categories") }
            let line = try #require(
                api.process.output.split(separator: "\n").first { $0.contains("/api/catalog/categories") }
            )
            #expect(line.contains(#""remote_address":"127.0.0.5""#), "\(line)")
            #expect(!line.contains("6.6.6.6"))

            try await edge.stop()
            try await api.process.stop()
        }
    }

    @Test func liveEventsPassAsTheyCome() async throws {
        try await TestShop.with { shop in
            let api = try await shop.start(.api, ["TRUSTED_PROXIES": "127.0.0.1"])
            let edge = try await Edge(to: shop.apiPortNumber)
            let variant = try await shop.variant(stock: 5)
            let token = try await shop.customer()
            let number = try #require(
                try await shop.order([(variant.id, 1)], token: token).json()["order_number"] as? String
            )
            let stream = try edge.launchCurl([
                "--no-buffer", "--header", "Authorization: Bearer \(token)", "\(edge.url)/api/orders/\(number)/events",
            ])
            try await eventually("the first event has passed") { stream.output.contains("event:") }
            #expect(!stream.output.contains("confirmed"))
            #expect(stream.isRunning)
            let worker = try await shop.start(.orders)
            try await eventually("the next one has passed while the stream is open") {
                stream.output.contains("confirmed")
            }
            #expect(stream.isRunning)
            try await stream.stop()
            try await worker.process.stop()
            try await edge.stop()
            try await api.process.stop()
        }
    }
}

/// nginx with the shop's configuration, and a certificate that docker/make-env has made.
private struct Edge {
    let url: String
    let plainURL: String
    private let folder: URL
    private let nginx: TestProcess

    init(to apiPort: Int) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let script = folder.appending(path: "make-env")
        try FileManager.default.copyItem(at: URL(fileURLWithPath: "docker/make-env"), to: script)
        let made = try TestProcess("/bin/bash", [script.path, "localhost"], environment: ["PATH": "/usr/bin:/bin"])
        let status = try await made.ended()
        try #require(status == 0, "\(made.output)")

        let (port, plainPort) = (try freePort(), try freePort())
        url = "https://localhost:\(port)"
        plainURL = "http://localhost:\(plainPort)"
        var text = try String(contentsOfFile: "docker/nginx/nginx.conf", encoding: .utf8)
        for (name, here) in [
            ("server api:8080", "server 127.0.0.1:\(apiPort)"), ("listen 8080;", "listen 127.0.0.1:\(plainPort);"),
            ("listen 8443 ", "listen 127.0.0.1:\(port) "), ("/etc/nginx/tls", "\(folder.path)/nginx/tls"),
            ("/tmp/nginx", "\(folder.path)/run"),
        ] {
            try #require(text.contains(name), "nginx.conf has no \(name)")
            text = text.replacing(name, with: here)
        }
        let configuration = folder.appending(path: "nginx.conf")
        try Data(text.utf8).write(to: configuration)
        let nginx = try TestProcess(
            "/usr/sbin/nginx",
            ["-c", configuration.path, "-g", "daemon off; worker_rlimit_nofile 20000;"],
            environment: [:]
        )
        self.nginx = nginx
        let curl = ["--silent", "--output", "/dev/null", plainURL]
        try await eventually("nginx answers") {
            try #require(nginx.isRunning, "\(nginx.output)")
            return try await TestProcess("/usr/bin/curl", curl, environment: [:]).ended() == 0
        }
    }

    func launchCurl(_ arguments: [String]) throws -> TestProcess {
        let always = ["--silent", "--cacert", "\(folder.path)/nginx/tls/certificate.pem", "--max-time", "300"]
        return try TestProcess("/usr/bin/curl", always + arguments, environment: [:])
    }

    func curl(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = try launchCurl(arguments)
        return (try await process.ended(), process.output)
    }

    func stop() async throws {
        try await nginx.stop()
        try FileManager.default.removeItem(at: folder)
    }
}
