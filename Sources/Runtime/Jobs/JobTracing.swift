package import Observability

/// Jobs in traces, by OpenTelemetry's conventions for messaging.
extension JobEnvelope {
    var spanAttributes: [String: LogValue] {
        var attributes: [String: LogValue] = [
            "messaging.destination.name": .string(routingKey), "messaging.message.id": .string(id),
        ]
        if let correlationID { attributes["messaging.message.conversation_id"] = .string(correlationID) }
        return attributes
    }

    /// Records that the job was handed to a broker: a span below the one that made the job, which its runs are below too.
    ///
    /// - Parameters:
    ///   - system: the broker's kind, such as `rabbitmq`.
    ///   - start: when the publish began.
    ///   - error: why the broker does not keep the job, or may not; nil when it has confirmed.
    package func recordPublish(to system: String, since start: Tracing.Moment, _ error: JobPublishError?) {
        guard Tracing.isOn, let context = TraceContext.continuing(traceparent) else { return }
        Tracing.record(
            "publish \(name)",
            .producer,
            context,
            since: start,
            spanAttributes.merging([
                "messaging.system": .string(system), "messaging.operation.type": "send",
            ]) { _, own in own },
            error: error?.code.rawValue
        )
    }
}
