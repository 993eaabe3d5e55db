import CLinux
import Foundation
import Threading

/// What a connection does: the publisher's and the consumer's halves of the loop. Called on the connection's thread only.
protocol ConnectionRole: AnyObject, SendableMetatype {
    associatedtype Command: Sendable
    /// Just connected: declare what is needed.
    func begin(_ socket: AMQPSocket) throws(AMQPError)
    func perform(_ commands: [Command], _ socket: AMQPSocket) throws(AMQPError)
    func handle(_ event: AMQPSocket.Event, _ socket: AMQPSocket) throws(AMQPError)
    /// How long to wait for something to happen before the next `tick`, in milliseconds, where it is soon.
    var longestWait: Int32? { get }
    /// Between two waits.
    func tick(_ socket: AMQPSocket) throws(AMQPError)
    /// Commands that came while there was no connection.
    func refuse(_ commands: [Command])
    /// The connection is gone.
    func end(_ error: AMQPError)
    /// The last words, before the connection is closed in good order.
    func leave(_ socket: AMQPSocket) throws(AMQPError)
    /// Whether the connection can be closed, once stopping has been asked for.
    var isFinished: Bool { get }
}

/// The thread of one connection: connects, turns the loop so that heartbeats go on whatever handlers do, reconnects.
///
/// Others talk to it by commands in a mailbox with a doorbell, so that many callers cost one wake-up.
final class ConnectionThread<Role: ConnectionRole>: @unchecked Sendable {
    // @unchecked: `role` is only used on the thread that `start` makes; the mailbox is behind its lock.
    private struct Mailbox {
        var commands: [Role.Command] = []
        var isRung = false
        /// The loop turns again within moments by itself.
        var isAwaited = false
        /// The loop is over: nobody would take a command any more.
        var isEnded = false
        var stopsBefore: ContinuousClock.Instant?
    }

    private let configuration: AMQPConfiguration
    private let role: Role
    private let onEvent: @Sendable (AMQPEvent) -> Void
    private let mailbox = Lock(Mailbox())
    private let watchdog = WriteWatchdog()
    private let doorbell: Int32 = clinux_eventfd()

    init(_ configuration: AMQPConfiguration, role: Role, onEvent: @escaping @Sendable (AMQPEvent) -> Void) {
        self.configuration = configuration
        self.role = role
        self.onEvent = onEvent
    }

    deinit { close(doorbell) }

    /// Any thread.
    ///
    /// - Parameter isPatient: the commands can wait as long as the role waits, where that is not long.
    /// - Returns: false when the loop has ended; the commands are then the caller's to answer.
    func post(_ commands: [Role.Command], isPatient: Bool = false) -> Bool {
        if commands.isEmpty { return true }
        let (isTaken, rings) = mailbox.withLock { mailbox in
            if mailbox.isEnded { return (false, false) }
            mailbox.commands += commands
            if mailbox.isRung || (isPatient && mailbox.isAwaited) { return (true, false) }
            mailbox.isRung = true
            return (true, true)
        }
        if rings { ring() }
        return isTaken
    }

    /// Any thread. Finishes what is under way, for `grace` at most, and closes the connection.
    func stop(grace: Duration) {
        mailbox.withLock { mailbox in
            mailbox.stopsBefore = mailbox.stopsBefore ?? ContinuousClock.now + grace
            mailbox.isRung = true
        }
        ring()
    }

    /// Runs the loop on a thread of its own; returns when it has ended after `stop`.
    func run() async {
        let watching = Task { [watchdog] in await watchdog.watch() }
        defer { watching.cancel() }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread { [self] in
                clinux_set_thread_name("amqp")
                loop()
                continuation.resume()
            }
        }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(doorbell, &one, 8)
    }

    // MARK: On the thread

    private func loop() {
        var attempt = 0
        while stopsBefore == nil {
            do throws(AMQPError) {
                let socket = try AMQPSocket(configuration, watchdog: watchdog)
                try role.begin(socket)
                attempt = 0
                onEvent(.connected)
                try turn(socket)
                socket.close()
            } catch {
                role.end(error)
                onEvent(.disconnected(AMQPLoss(error), reason: error.message))
            }
            if stopsBefore != nil { break }
            attempt += 1
            let delay = Self.delay(attempt: attempt)
            onEvent(.reconnecting(attempt: attempt, delay: delay))
            pause(delay)
        }
        let closed = AMQPError(.closed, "the connection to the broker was closed")
        role.end(closed)
        mailbox.withLock { $0.isEnded = true }
        role.refuse(takeCommands())
    }

    private func turn(_ socket: AMQPSocket) throws(AMQPError) {
        while true {
            // Read before the commands are taken: what was asked for before the stop is done.
            let stopsBefore = stopsBefore
            let commands = takeCommands()
            if !commands.isEmpty { try role.perform(commands, socket) }
            while let event = try socket.next() { try role.handle(event, socket) }
            try role.tick(socket)
            if let end = stopsBefore, role.isFinished || end <= .now { return try role.leave(socket) }
            // A call that waited for its answer may have left frames in librabbitmq's buffers, of which poll knows nothing.
            if !socket.hasBufferedInput { wait(socket.descriptor, milliseconds: waitLimit()) }
        }
    }

    /// While there is no connection, commands are refused as they come.
    private func pause(_ delay: Duration) {
        let end = ContinuousClock.now + delay
        while stopsBefore == nil {
            role.refuse(takeCommands())
            let left = ContinuousClock.now.duration(to: end)
            if left <= .zero { return }
            let parts = left.components
            wait(-1, milliseconds: Int32(parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000) + 1)
        }
    }

    private func waitLimit() -> Int32 {
        guard let soon = role.longestWait else { return 250 }
        mailbox.withLock { $0.isAwaited = true }
        return soon
    }

    private func wait(_ descriptor: Int32, milliseconds: Int32) {
        var descriptors = [
            pollfd(fd: doorbell, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        poll(&descriptors, 2, milliseconds)
    }

    private func takeCommands() -> [Role.Command] {
        mailbox.withLock { mailbox in
            if mailbox.isRung {
                var count: UInt64 = 0
                _ = read(doorbell, &count, 8)
                mailbox.isRung = false
            }
            mailbox.isAwaited = false
            let commands = mailbox.commands
            mailbox.commands = []
            return commands
        }
    }

    private var stopsBefore: ContinuousClock.Instant? { mailbox.withLock { $0.stopsBefore } }

    /// 0.1 s doubling to 10 s, of which a random half: many clients of a broker that comes back do not come at once.
    static func delay(attempt: Int) -> Duration {
        let ceiling = min(10_000, 100 << min(attempt - 1, 10))
        return .milliseconds(Int.random(in: ceiling / 2...ceiling))
    }
}
