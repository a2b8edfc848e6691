import Model

/// Latencies in milliseconds, each once or more.
func latencies(_ milliseconds: [Int]) -> Distribution {
    var counts: [Int: Int] = [:]
    for value in milliseconds { counts[value * 1000, default: 0] += 1 }
    return Distribution(
        ascending: counts.sorted { $0.key < $1.key }.map { .init(microseconds: $0.key, count: $0.value) })
}

func many(_ count: Int, ms: Int) -> Distribution {
    Distribution(ascending: [.init(microseconds: ms * 1000, count: count)])
}

/// A second of one task: so many successes at a latency, so many failures. What took less than a second was due in it.
func task(_ succeeded: Int, ms: Int = 10, failed: Int = 0) -> TaskSecond {
    TaskSecond(
        started: succeeded + failed, succeeded: many(succeeded, ms: ms), failed: many(failed, ms: 1),
        failures: failed > 0 ? [.timeout: failed] : [:], due: DueSecond())
}

func second(_ second: Int, inFlight: Int = 0, users: Int = 10, _ tasks: TaskSecond...) -> SecondSample {
    SecondSample(second: second, users: users, inFlight: inFlight, tasks: tasks)
}

func errors(_ threshold: Double, window: Double = 5) -> Criterion {
    Criterion(
        metric: .errorRate, threshold: threshold, window: window, text: "error_rate > \(threshold) for \(window)s")
}

func p95(_ threshold: Double, window: Double = 5) -> Criterion {
    Criterion(metric: .p95, threshold: threshold, window: window, text: "p95 > \(threshold)s for \(window)s")
}
