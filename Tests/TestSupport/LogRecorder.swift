import Foundation
package import Observability
import Threading

/// What a logger of a test's own has said.
package final class LogRecorder: Sendable {
    private let label = "recorded." + UUID().uuidString
    package var logger: Logger { Logger(label: label) }

    package init() { _ = Self.isInstalled }

    /// The sentences so far, in their order.
    package var sentences: [String] { Self.sentences.withLock { $0[label] ?? [] } }

    private static let sentences = Lock<[String: [String]]>([:])

    /// All loggers of a process share one sink: what is not recorded goes where it went before.
    private static let isInstalled: Bool = {
        LogSystem.bootstrap(
            level: .info,
            format: .json,
            sink: LogSink { line in
                let fields = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                guard let label = fields?["logger"] as? String, let sentence = fields?["msg"] as? String else { return }
                if label.hasPrefix("recorded.") {
                    sentences.withLock { $0[label, default: []].append(sentence) }
                } else if fields?["level"] as? String != "info" {
                    LogSink.standardError.write(line)
                }
            }
        )
        return true
    }()
}
