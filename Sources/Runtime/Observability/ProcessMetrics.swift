import Foundation

/// The metrics that Prometheus expects of every process, under the names that its client libraries share.
public enum ProcessMetrics {
    /// Adds them to `registry`; they are read from `/proc` at each scrape.
    public static func register(in registry: MetricsRegistry = .shared) {
        registry.collect("process_cpu_seconds_total", help: "User and system CPU time spent.", kind: .counter) {
            [MetricSample(cpuSeconds)]
        }
        registry.collect("process_resident_memory_bytes", help: "Resident memory size.") {
            statusField("statm", 1).map { [MetricSample($0 * Double(sysconf(Int32(_SC_PAGESIZE))))] } ?? []
        }
        registry.collect("process_open_fds", help: "Open file descriptors.") {
            let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
            return names.map { [MetricSample(Double($0.count))] } ?? []
        }
        registry.collect("process_max_fds", help: "File descriptors that may be open.") {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return [] }
            return [MetricSample(Double(limit.rlim_cur))]
        }
        registry.collect("process_threads", help: "OS threads.") {
            statusField("stat", 17).map { [MetricSample($0)] } ?? []
        }
        let started = startTime
        registry.collect("process_start_time_seconds", help: "Start time, seconds since the epoch.") {
            started.map { [MetricSample($0)] } ?? []
        }
    }

    private static var cpuSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Boot time plus the process's start in clock ticks after it (proc(5), field 22 of stat).
    private static var startTime: Double? {
        guard
            let ticks = statusField("stat", 19),
            let boot = try? String(contentsOfFile: "/proc/stat", encoding: .utf8)
                .split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
                .flatMap({ Double($0.dropFirst(6)) })
        else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// A number of `/proc/self/<file>`; in `stat` counted from behind the program's name, which may hold spaces.
    private static func statusField(_ file: String, _ index: Int) -> Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/\(file)", encoding: .utf8) else { return nil }
        let numbers = text.lastIndex(of: ")").map { text[text.index(after: $0)...] } ?? text[...]
        let fields = numbers.split { $0 == " " || $0 == "\n" }
        return fields.indices.contains(index) ? Double(fields[index]) : nil
    }
}
