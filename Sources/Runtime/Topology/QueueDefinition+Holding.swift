extension QueueDefinition {
    /// Seconds that RabbitMQ lets a consumer hold a message by default (`consumer_timeout`, 30 minutes in 3.10). Then it
    /// closes the channel, and hands out again all that was held there.
    public static let defaultConsumerTimeout = 1_800

    /// Seconds that a worker may hold a message: for as long as the run before it takes, and then for its own.
    public var longestHold: Int { 2 * deadlineSeconds }

    /// What the file allows and the broker, as it comes, does not; nil where all is well.
    public var warning: String? {
        guard longestHold > Self.defaultConsumerTimeout else { return nil }
        return "a worker may hold a job of \(name) for \(longestHold) s (two deadlines), longer than RabbitMQ's default"
            + " consumer_timeout of \(Self.defaultConsumerTimeout) s: raise that in rabbitmq.conf, or lower deadline_seconds"
    }
}
