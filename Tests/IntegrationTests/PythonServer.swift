import Foundation
import TestSupport

/// A server written in Python, in a process of its own, for the length of a test.
final class PythonServer {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private static let prologue = """
        import os, ssl, sys, threading
        # Ends with the test process, however that ends.
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()

        """

    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()
    let port: Int

    /// - Parameters:
    ///   - script: prints the port that it listens on, alone or behind a colon, as its first line.
    ///   - interpreter: the system's Python, or the one of `TEST_VENV`.
    init(_ script: String, arguments: [String] = [], interpreter: String = "/usr/bin/python3") throws {
        process.executableURL = URL(fileURLWithPath: interpreter)
        process.arguments = ["-u", "-c", Self.prologue + script] + arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try output.fileHandleForWriting.close()
        let line = Self.readLine(output.fileHandleForReading)
        guard let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
            process.terminate()
            throw Failed(description: "\(interpreter) did not start the test's server")
        }
        self.port = port
    }

    /// The next line that the server prints: how it tells that something has happened. Waits on a thread of its own.
    func nextLine() async -> String {
        let handle = output.fileHandleForReading
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.readLine(handle)) }
        }
    }

    private static func readLine(_ handle: FileHandle) -> String {
        var line: [UInt8] = []
        while let byte = try? handle.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }

    // Nothing here waits for a process to end: Foundation learns of it by a pipe's end, and a process started at the
    // same moment elsewhere may have inherited that pipe.
    // And a process started from Swift's thread pool inherits its blocked SIGTERM.
    deinit { kill(process.processIdentifier, SIGKILL) }

    /// The Python that has aiosmtpd.
    static func virtualEnvironment() throws -> String {
        try TestEnvironment.value("TEST_VENV") + "/bin/python"
    }
}

/// A folder for a certificate for `localhost` and 127.0.0.1 that no authority has signed.
final class CertificateFolder {
    /// Defines `make_certificate(folder)` for a server's script.
    static let script = #"""
        import subprocess

        def make_certificate(folder):
            subprocess.run(
                ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
                + ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
                + ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"],
                check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")
            return context


        """#

    private let url = FileManager.default.temporaryDirectory.appending(path: "certificate-\(UUID())")
    var path: String { url.path }
    var certificate: String { url.appending(path: "certificate.pem").path }

    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: url) }
}
