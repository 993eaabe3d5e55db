extension HTTPServer {
    /// Where the server listens, and its limits.
    public struct Configuration: Sendable {
        /// A numeric address or a name to listen on.
        public var host: String
        /// 0 takes any free port.
        public var port: Int
        /// Threads that read and write sockets. Handlers run on Swift's concurrent executor, never here.
        public var threads: Int
        /// Bytes. A longer request body is answered 413.
        public var maximumBody: Int
        /// Bytes of request line and headers. Longer ones are answered 431.
        public var headerLimit: Int
        /// How long a connection may stay open between requests, and how long a client may not take a byte of an answer.
        public var idleTimeout: Duration
        /// How long a request may take to arrive, from its first line to the last byte of its body.
        public var requestDeadline: Duration
        /// Further clients wait in the listen queue.
        public var connectionLimit: Int
        /// How long requests in flight may go on after `run()` was cancelled, before they are cancelled too.
        public var drainTimeout: Duration
        /// Whose word about a client's address counts.
        public var trustedProxies: TrustedProxies

        /// Every limit has a default that suits an API behind a proxy.
        public init(
            host: String = "127.0.0.1",
            port: Int = 8080,
            threads: Int = 2,
            maximumBody: Int = 1 << 20,
            headerLimit: Int = 16 * 1024,
            idleTimeout: Duration = .seconds(60),
            requestDeadline: Duration = .seconds(15),
            connectionLimit: Int = 10_000,
            drainTimeout: Duration = .seconds(10),
            trustedProxies: TrustedProxies = TrustedProxies()
        ) {
            self.host = host
            self.port = port
            self.threads = threads
            self.maximumBody = maximumBody
            self.headerLimit = headerLimit
            self.idleTimeout = idleTimeout
            self.requestDeadline = requestDeadline
            self.connectionLimit = connectionLimit
            self.drainTimeout = drainTimeout
            self.trustedProxies = trustedProxies
        }
    }
}
