package import Model

extension RunSecond {
    init(_ sample: SecondSample, activity: LoadActivity, targetUsers: Int, targetRate: Double?) {
        self.init(
            second: sample.second, activity: activity, users: sample.users, targetUsers: targetUsers,
            targetRate: targetRate, inFlight: sample.inFlight, all: Requests(sample.tasks),
            tasks: sample.tasks.map { Requests([$0]) }, generatorCPU: sample.generator?.loops.map(\.cpu).max())
    }
}

extension RunSecond.Requests {
    /// Of a whole load: all tasks together, then each, in their order.
    package static func totals(_ samples: [SecondSample]) -> [RunSecond.Requests] {
        let each = (samples.first?.tasks ?? []).indices.map { index in samples.map { $0.tasks[index] } }
        return ([each.flatMap(\.self)] + each).map { RunSecond.Requests($0) }
    }

    fileprivate init(_ tasks: [TaskSecond]) {
        let succeeded = Distribution.merged(tasks.map(\.succeeded))
        var failures: [FailureKind: Int] = [:]
        for task in tasks { failures.merge(task.failures, uniquingKeysWith: +) }
        self.init(
            ended: succeeded.count + tasks.reduce(0) { $0 + $1.failed.count }, failures: failures,
            mean: succeeded.mean, p50: succeeded.percentile(50), p90: succeeded.percentile(90),
            p95: succeeded.percentile(95), p99: succeeded.percentile(99))
    }
}
