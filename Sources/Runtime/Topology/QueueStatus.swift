/// A queue as the broker sees it now.
package struct QueueStatus: Equatable, Sendable {
    package let name: String
    /// Messages that wait for a consumer.
    package let ready: Int
    /// Messages that consumers hold.
    package let unacked: Int
    package let consumers: Int
    /// Messages per second, over the time that was asked for.
    package let publishRate: Double
    package let ackRate: Double

    /// What somebody knows of a queue by other ways than the management API.
    package init(
        name: String = "",
        ready: Int,
        unacked: Int,
        consumers: Int = 0,
        publishRate: Double = 0,
        ackRate: Double = 0
    ) {
        self.name = name
        self.ready = ready
        self.unacked = unacked
        self.consumers = consumers
        self.publishRate = publishRate
        self.ackRate = ackRate
    }

    /// The same with a newer number of messages that wait.
    package func withReady(_ ready: Int) -> QueueStatus {
        QueueStatus(
            name: name,
            ready: ready,
            unacked: unacked,
            consumers: consumers,
            publishRate: publishRate,
            ackRate: ackRate
        )
    }
}

extension QueueStatus: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, consumers
        case ready = "messages_ready"
        case unacked = "messages_unacknowledged"
        case statistics = "message_stats"
    }

    private struct Statistics: Decodable {
        struct Rate: Decodable {
            let rate: Double
            let average: Double?

            enum CodingKeys: String, CodingKey {
                case rate
                case average = "avg_rate"
            }
        }

        let published: Rate?
        let acked: Rate?

        enum CodingKeys: String, CodingKey {
            case published = "publish_details"
            case acked = "ack_details"
        }
    }

    /// A queue that was just made, or that nobody has used, lacks most numbers.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        ready = try fields.decodeIfPresent(Int.self, forKey: .ready) ?? 0
        unacked = try fields.decodeIfPresent(Int.self, forKey: .unacked) ?? 0
        consumers = try fields.decodeIfPresent(Int.self, forKey: .consumers) ?? 0
        let statistics = try fields.decodeIfPresent(Statistics.self, forKey: .statistics)
        publishRate = statistics?.published.map { $0.average ?? $0.rate } ?? 0
        ackRate = statistics?.acked.map { $0.average ?? $0.rate } ?? 0
    }
}
