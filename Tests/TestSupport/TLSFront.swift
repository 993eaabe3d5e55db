import Foundation

/// TLS before a plain server on loopback, with a certificate of its own for `localhost`.
///
/// Python's `ssl` is the other side, so that no TLS code of ours vouches for itself.
package final class TLSFront: @unchecked Sendable {
    // @unchecked: nothing changes after `init`; `Process` is only asked to end.
    package let port: Int
    /// PEM file of the certificate, which is its own authority.
    package let certificateFile: String
    private let directory: URL
    private let process: Process
    /// Its end is the front's end, also when the tests crash.
    private let life = Pipe()

    /// - Parameter target: the plain server's port.
    package init(to target: Int) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        certificateFile = directory.appending(path: "certificate.pem").path
        let keyFile = directory.appending(path: "key.pem").path
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", keyFile,
            "-out", certificateFile,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()

        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, String(target), certificateFile, keyFile]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = life
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw TestEnvironment.Missing(description: "the TLS front did not start")
        }
        self.port = port
    }

    package func close() {
        process.terminate()
        try? FileManager.default.removeItem(at: directory)
    }

    private static let script = """
        import asyncio, ssl, sys
        target, certificate, key = sys.argv[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        async def pump(reader, writer):
            try:
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            except OSError:
                pass
            writer.close()
        async def serve(reader, writer):
            server = await asyncio.open_connection("127.0.0.1", int(target))
            await asyncio.gather(pump(reader, server[1]), pump(server[0], writer))
        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
            print(server.sockets[0].getsockname()[1], flush=True)
            await asyncio.to_thread(sys.stdin.read)
        asyncio.run(main())
        """
}
