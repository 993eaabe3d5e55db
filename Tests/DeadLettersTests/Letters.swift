import AMQP
import Foundation
import Jobs
import JobsAMQP

@testable import DeadLetters

/// A dead letter as a worker writes it.
func letter(
    id: String? = "m",
    job: String = "order.process",
    reason: String = "no stock",
    errorType: String = "OutOfStock",
    lastFailureAt: Date = Date(timeIntervalSince1970: 1_700_000_000),
    headers: [String: String] = [:]
) -> DeadLetterEntry {
    let envelope = JobEnvelope(
        id: id ?? "",
        name: job,
        body: Array(#"{"action":"confirm"}"#.utf8),
        attempt: 8,
        enqueuedAt: lastFailureAt - 600,
        correlationID: "c",
        idempotencyKey: "k",
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        lsn: "0/1",
        firstFailureAt: lastFailureAt - 60,
        headers: headers.merging([
            "x-wharf-reason": reason, "x-wharf-error-type": errorType, "x-wharf-attempts": "8",
            "x-wharf-last-failure-at": Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(lastFailureAt),
            "x-wharf-worker": "host:1",
        ]) { own, _ in own }
    )
    var message = AMQPMessage(envelope, application: "tests")
    message.properties.messageID = id
    message.properties.headers["x-death"] = .array([.table(["reason": "expired", "queue": "q"])])
    message.properties.headers["x-first-death-queue"] = "q"
    message.properties.headers["x-delivery-count"] = 7
    let delivery = AMQPDelivery(
        message: message,
        deliveryTag: 1,
        generation: 0,
        redelivered: true,
        exchange: "",
        routingKey: "order.process.dead",
        queue: ""
    )
    return DeadLetterEntry(delivery, deliveryLimits: [:])
}
