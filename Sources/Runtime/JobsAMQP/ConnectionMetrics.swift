import AMQP
import Observability
import Threading

/// The numbers of one connection.
struct ConnectionMetrics: Sendable {
    private let connection: String
    private let registry: MetricsRegistry
    private let up: Gauge
    private let blocked: Gauge
    private let blockedSeconds: Counter
    private let blockedSince = Lock<ContinuousClock.Instant?>(nil)

    init(connection: String, registry: MetricsRegistry) {
        self.connection = connection
        self.registry = registry
        let labels = ["connection": connection]
        up = registry.gauge(
            "amqp_connection_up",
            help: "1 while the connection to the broker stands.",
            labels: labels
        )
        blocked = registry.gauge(
            "amqp_connection_blocked",
            help: "1 while the broker is short of memory or disk and takes no messages.",
            labels: labels
        )
        blockedSeconds = registry.counter(
            "amqp_connection_blocked_seconds_total",
            help: "Seconds in which the broker took no messages, counted when they are over.",
            labels: labels
        )
        up.set(0)
        blocked.set(0)
        registry.declare("amqp_connection_events_total", help: Self.eventsHelp, kind: .counter)
        registry.declare("amqp_channels_closed_total", help: Self.channelsHelp, kind: .counter)
    }

    func count(_ event: AMQPEvent) {
        registry.counter(
            "amqp_connection_events_total",
            help: Self.eventsHelp,
            labels: ["connection": connection, "event": Self.label(event)]
        ).increment()
        switch event {
        case .connected: up.set(1)
        case .disconnected(let loss, _):
            up.set(0)
            unblock()
            if case .channelClosed(let replyCode) = loss { countClosedChannel(replyCode) }
        case .blocked:
            blocked.set(1)
            blockedSince.withLock { $0 = $0 ?? .now }
        case .unblocked: unblock()
        case .reconnecting, .returned, .consumerCancelled, .stalled, .staleSettlement: break
        }
    }

    private func unblock() {
        blocked.set(0)
        let since = blockedSince.withLock { since in
            defer { since = nil }
            return since
        }
        guard let parts = since?.duration(to: .now).components else { return }
        blockedSeconds.increment(by: Double(parts.seconds) + Double(parts.attoseconds) * 1e-18)
    }

    private func countClosedChannel(_ replyCode: Int) {
        registry.counter(
            "amqp_channels_closed_total",
            help: Self.channelsHelp,
            labels: ["connection": connection, "reply_code": Self.channelErrors[replyCode] ?? "other"]
        ).increment()
    }

    private static let eventsHelp = "What happened to connections to the broker."
    private static let channelsHelp = "Channels that the broker closed over an error, by AMQP's reply code."

    /// AMQP 0-9-1's soft errors, the only ones that close a channel.
    private static let channelErrors = [
        311: "311", 312: "312", 313: "313", 403: "403", 404: "404", 405: "405", 406: "406",
    ]

    private static func label(_ event: AMQPEvent) -> String {
        switch event {
        case .connected: "connected"
        case .disconnected(.broken, _): "lost"
        case .disconnected(.unreachable, _): "unreachable"
        case .disconnected(.refused, _): "login_refused"
        case .disconnected(.closedByBroker, _): "closed_by_broker"
        case .disconnected(.channelClosed, _): "channel_closed"
        case .disconnected(.acknowledgementTimeout, _): "acknowledgement_timeout"
        case .disconnected(.unconfirmed, _): "unconfirmed"
        case .reconnecting: "reconnecting"
        case .blocked: "blocked"
        case .unblocked: "unblocked"
        case .returned: "returned"
        case .consumerCancelled: "consumer_cancelled"
        case .stalled: "stalled"
        case .staleSettlement: "stale_settlement"
        }
    }
}
