package import Model

package extension Experiment {
    /// The experiment for a trial run: it shows that everything works, not how much the stack bears.
    ///
    /// - Ramps: users arrive 50 times as fast; a plateau lasts a sixth of its length, but not under 8 s (4 s with several
    ///   policies), and never longer than it was.
    /// - Searches: they begin at 4 times the users and climb by a factor of 4; steps last 3 s at most, and the
    ///   answer's interval may be as wide as its lower bound.
    /// - Windows of criteria shrink to 2 s, and the timeout to 2 s where no criterion on a latency needs more.
    /// - Faults come at the same share of their ramp or plateau, and last as much less as it does, but not under half a second.
    /// - The data set, the tasks and the think times stay: they decide what is measured.
    var quickened: Experiment {
        var quick = self
        switch load.shape {
        case .ramp(let stages):
            let least: Seconds = variants.count > 1 ? 4 : 8
            quick.load.shape = .ramp(
                stages.map { stage in
                    let hold = variants.count > 1 ? least : max(stage.hold / 6, least)
                    return LoadStage(users: stage.users, spawnRate: stage.spawnRate * 50, hold: min(stage.hold, hold))
                })
        case .findLimit(var plan):
            plan.from = min(plan.from * 4, plan.to)
            plan.factor = 4
            plan.hold = min(plan.hold, 3)
            plan.precision = max(plan.precision, 1)
            quick.load.shape = .findLimit(plan)
        case .rate(let stages, let arrivals):
            quick.load.shape = .rate(
                stages.map { stage in
                    RateStage(
                        perSecond: stage.perSecond, ramp: min(stage.ramp, 2),
                        hold: min(stage.hold, max(stage.hold / 6, 4)))
                }, arrivals: arrivals)
        }
        quick.criteria = criteria.map { criterion in
            let window = min(criterion.window, 2)
            let text = criterion.text.replacing(/for[^f]*$/, with: "for \(Quantity.written(duration: window))")
            return Criterion(metric: criterion.metric, threshold: criterion.threshold, window: window, text: text)
        }
        let latencies = criteria.filter { $0.metric.isLatency }.map(\.threshold)
        quick.load.timeout = min(load.timeout, max(2, (latencies.max() ?? 0) * 2))
        quick.faults = faults.map { QuickFaults(full: load, quick: quick.load).faults($0) }
        return quick
    }
}
