/// A queue as the broker sees it now.
package struct QueueStatus: Equatable, Sendable {
    package let name: String
    /// Messages that wait for a consumer.
    package let ready: Int
    /// Messages that consumers hold.
    package let unacked: Int
    package let consumers: Int
    /// Messages per second over the last sampling interval.
    package let publishRate: Double
    package let ackRate: Double
}

extension QueueStatus: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, consumers
        case ready = "messages_ready"
        case unacked = "messages_unacknowledged"
        case statistics = "message_stats"
    }

    private struct Statistics: Decodable {
        struct Rate: Decodable { let rate: Double }

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
        publishRate = statistics?.published?.rate ?? 0
        ackRate = statistics?.acked?.rate ?? 0
    }
}
