import Topology

/// KEDA's view of the scaling policies: one ScaledObject for each program that a queue file names, with two triggers for
/// each of its queues. Whichever asks for more workers decides.
///
/// - By depth: a worker more whenever the workers hold all that they may prefetch. Over the management API (`http`), which
///   counts what is unacked as well: by ready messages alone, an autoscaler would take workers away from jobs that they run.
/// - By age: as many times more workers as the oldest job is older than it should become.
enum ScaledObjects {
    static func yaml(_ topology: Topology) -> String {
        let byProgram = Dictionary(grouping: topology.queues.filter { $0.scaling.program != nil }) {
            $0.scaling.program ?? ""
        }
        return byProgram.sorted { $0.key < $1.key }.map { scaledObject($0.key, $0.value) }.joined(separator: "---\n")
    }

    private static func scaledObject(_ program: String, _ queues: [QueueDefinition]) -> String {
        """
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata:
          name: \(program)
          labels:
            app.kubernetes.io/name: \(program)
            app.kubernetes.io/part-of: wharf
        spec:
          scaleTargetRef:
            name: \(program)
          pollingInterval: 10
          minReplicaCount: \(queues.map(\.scaling.min).max() ?? 1)
          maxReplicaCount: \(queues.map(\.scaling.max).max() ?? 1)
          advanced:
            horizontalPodAutoscalerConfig:
              behavior:
                scaleUp:
                  stabilizationWindowSeconds: 0
                  policies:
                    - {type: Percent, value: 100, periodSeconds: 15}
                # One at a time, and each has its grace period to finish what it runs.
                scaleDown:
                  stabilizationWindowSeconds: 120
                  policies:
                    - {type: Pods, value: 1, periodSeconds: 30}
          triggers:

        """ + queues.map(triggers).joined()
    }

    private static func triggers(_ queue: QueueDefinition) -> String {
        let prefetch = queue.prefetch(concurrency: queue.concurrency, batchSize: queue.batch?.size ?? 1)
        return """
                - type: rabbitmq
                  metadata:
                    protocol: http
                    mode: QueueLength
            \(queueName(queue))
                    excludeUnacknowledged: "false"
                    value: "\(prefetch)"
                  authenticationRef:
                    name: rabbitmq-management
                - type: prometheus
                  metricType: Value
                  metadata:
                    serverAddress: http://prometheus:9090
                    query: max(queue_oldest_job_age_seconds{queue="\(queue.name)"})
                    threshold: "\(queue.scaling.targetWaitSeconds)"

            """
    }

    /// Urgent jobs are the same workers' business.
    private static func queueName(_ queue: QueueDefinition) -> String {
        guard queue.urgent != nil else { return "        queueName: \(queue.name)" }
        let pattern = queue.name.replacing(".", with: #"\."#)
        return """
                    queueName: '^\(pattern)(\\.urgent)?$'
                    useRegex: "true"
                    operation: sum
            """
    }
}
