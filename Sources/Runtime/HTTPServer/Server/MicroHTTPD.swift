import CMicroHTTPD
import Foundation
import Observability

/// Starts libmicrohttpd and turns its callbacks into calls of ``Intake``.
///
/// They come on the library's threads, those of one connection always on the same one.
enum MicroHTTPD {
    /// - Returns: the daemon, or nil if it did not start. It owns the listening socket, and keeps `intake` unretained: the
    ///   caller holds it until after `MHD_stop_daemon`.
    static func start(
        _ socket: ListenSocket,
        _ configuration: HTTPServer.Configuration,
        _ intake: Intake
    ) -> OpaquePointer? {
        let context = Unmanaged.passUnretained(intake).toOpaque()
        var options = [
            // First, so that it also gets what the start itself has to say.
            cmicrohttpd_on_log(logMessage),
            cmicrohttpd_option(.LISTEN_SOCKET, Int(socket.descriptor)),
            cmicrohttpd_option(.CONNECTION_LIMIT, configuration.connectionLimit),
            // A request's header lines and their index share this memory. What does not fit is answered by the library's own
            // page, so there is room for twice of what we accept.
            cmicrohttpd_option(.CONNECTION_MEMORY_LIMIT, max(2 * configuration.headerLimit, 16 * 1024)),
            // Restarts with every byte, so it serves only to drop clients that do not take their answer.
            cmicrohttpd_option(
                .CONNECTION_TIMEOUT,
                max(1, Int(configuration.idleTimeout.components.seconds))
            ),
            cmicrohttpd_on_target(beginRequest, context),
            cmicrohttpd_on_completed(endRequest, context),
            cmicrohttpd_on_connection(beginOrEndConnection, context),
        ]
        // The library warns when asked for a pool of one.
        if configuration.threads > 1 {
            options.append(cmicrohttpd_option(.THREAD_POOL_SIZE, configuration.threads))
        }
        options.append(cmicrohttpd_option(.END, 0))
        let flags =
            MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_ERROR_LOG.rawValue
        return cmicrohttpd_start(flags, receive, context, &options)
    }

    private static let logMessage: cmicrohttpd_log_callback = { message in
        guard let message else { return }
        // Debug, since any client can cause these by sending garbage.
        Logger(label: "http.libmicrohttpd").debug("Library message", [.reason: .string(String(cString: message))])
    }

    private static let beginOrEndConnection: MHD_NotifyConnectionCallback = { context, connection, slot, event in
        guard let context, let connection, let slot else { return }
        let intake = Unmanaged<Intake>.fromOpaque(context).takeUnretainedValue()
        if event == .CONNECTION_NOTIFY_STARTED {
            slot.pointee = Unmanaged.passRetained(intake.beginConnection(ConnectionHandle(pointer: connection)))
                .toOpaque()
        } else if let pointer = slot.pointee {
            slot.pointee = nil
            intake.endConnection(Unmanaged<Connection>.fromOpaque(pointer).takeRetainedValue())
        }
    }

    private static let beginRequest: cmicrohttpd_target_callback = { context, target, handle in
        guard let context, let target, let handle, let pointer = cmicrohttpd_socket_context(handle) else { return nil }
        let intake = Unmanaged<Intake>.fromOpaque(context).takeUnretainedValue()
        let connection = Unmanaged<Connection>.fromOpaque(pointer).takeUnretainedValue()
        let exchange = intake.beginRequest(
            ConnectionHandle(pointer: handle),
            on: connection,
            target: String(cString: target)
        )
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    private static let receive: MHD_AccessHandlerCallback = { context, _, _, method, version, data, size, slot in
        guard let context, let method, let version, let size, let pointer = slot?.pointee else { return .NO }
        let intake = Unmanaged<Intake>.fromOpaque(context).takeUnretainedValue()
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
        size.pointee = 0
        let isAccepted = intake.receive(
            exchange,
            method: String(cString: method),
            isHTTP10: strcmp(version, "HTTP/1.0") == 0,
            bytes
        )
        return isAccepted ? .YES : .NO
    }

    private static let endRequest: MHD_RequestCompletedCallback = { context, _, slot, reason in
        guard let context, let slot, let pointer = slot.pointee else { return }
        slot.pointee = nil
        let intake = Unmanaged<Intake>.fromOpaque(context).takeUnretainedValue()
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        intake.endRequest(exchange, isComplete: reason == .REQUEST_TERMINATED_COMPLETED_OK)
    }
}
