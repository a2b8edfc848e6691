package import Model

/// A counter of the application beside the generator's own count.
package struct CounterCheck: Sendable, Equatable {
    package enum Agreement: Sendable, Equatable {
        case agrees
        /// It lies between what was surely counted and what may have been.
        case agreesWithin
        /// - Parameter requests: how far the counter is above the generator's count, or below it.
        case differs(requests: Double, share: Share?)
        case notMeasured
    }

    package var counter: String
    package var task: String
    /// nil when it was not measured.
    package var rise: Double?
    /// Requests that have a complete answer, the pre-flight's included.
    package var answered: Int
    /// Requests without one: the application may have counted them or not.
    package var brokenOff: Int
    /// Requests of StoreLab's own to a service that was restarted, at most.
    package var own: Int
    /// How often the counter began anew at 0.
    package var resets: Int
    /// Requests that were sent between the last scrape before a reset and the first after it, at most: if they were counted
    /// before the reset, no scrape saw it.
    package var unseen: Int

    package init(
        counter: String, task: String, rise: Double?, answered: Int, brokenOff: Int = 0, own: Int = 0,
        resets: Int = 0, unseen: Int = 0
    ) {
        self.own = own
        self.counter = counter
        self.task = task
        self.rise = rise
        self.answered = answered
        self.brokenOff = brokenOff
        self.resets = resets
        self.unseen = unseen
    }

    package var agreement: Agreement {
        guard let rise else { return .notMeasured }
        let (sure, most) = (Double(answered), Double(answered + brokenOff + own))
        let likely = [answered, answered + brokenOff, answered + own, answered + brokenOff + own]
        if likely.contains(where: { (rise - Double($0)).magnitude < 0.5 }) { return .agrees }
        if rise > sure - Double(unseen), rise < most { return .agreesWithin }
        let difference = rise > most ? rise - most : rise - sure
        return .differs(requests: difference, share: most > 0 ? difference / most : nil)
    }
}

extension RecordedMeasurement {
    /// The counters of a measurement beside what was sent.
    package func counterChecks(of experiment: Experiment) -> [CounterCheck] {
        measurement.counters.map { check($0, experiment) }
    }

    private func check(_ recorded: CounterComparison, _ experiment: Experiment) -> CounterCheck {
        let names = Set(recorded.task.split(separator: ", ").map(String.init))
        let tasks = experiment.load.tasks.indices.filter { names.contains(experiment.load.tasks[$0].name) }
        let seconds = samples.map { sample in tasks.filter { $0 < sample.tasks.count }.map { sample.tasks[$0] } }
        let sent = seconds.joined().reduce(0) { $0 + $1.started }
        let whole = seconds.joined().reduce(0) { $0 + $1.completeAnswers }
        let brokenOff = max(0, sent - whole)
        var check = CounterCheck(
            counter: recorded.counter, task: recorded.task, rise: recorded.prometheus,
            answered: recorded.generator - brokenOff, brokenOff: brokenOff)
        if let own = experiment.stack.subject.project,
            tasks.contains(where: {
                experiment.load.tasks[$0].method == .get && experiment.load.tasks[$0].path == own.readyPath
            })
        {
            check.own = measurement.restorations?.readinessRequests ?? 0
        }
        guard measurement.prometheus.contains(where: { $0.name == recorded.counter + "_values" }) else {
            check.rise = olderRise(recorded, experiment)
            return check
        }
        let rise = measurement.rise(of: recorded.counter + "_values")
        check.rise = rise?.total
        check.resets = rise?.resets.count ?? 0
        check.unseen =
            rise?.resets.reduce(0) { sum, reset in
                let origin = measurement.loadBegan ?? measurement.began
                // The last value that was seen had been scraped up to an interval before.
                let from = Int((reset.lastSeen - (measurement.scrapeInterval ?? 0) - origin).rounded(.down))
                let to = Int((reset.firstSeen - origin).rounded(.up))
                let between = zip(samples, seconds).filter { (from...max(from, to)).contains($0.0.second) }
                return sum + between.flatMap(\.1).reduce(0) { $0 + $1.started }
            } ?? 0
        return check
    }

    /// Of a record of versions that kept the value after the load only, and for some the one at its beginning.
    private func olderRise(_ recorded: CounterComparison, _ experiment: Experiment) -> Double? {
        switch experiment.stack.subject {
        case .store: return recorded.prometheus
        case .project:
            // The replicas were restarted between the steps of a search.
            return experiment.load.shape.isSearch ? nil : recorded.prometheus
        case .running:
            guard case .value(let before) = measurement.answer(named: recorded.counter + "_before"),
                case .value(let after) = measurement.answer(named: recorded.counter + "_after"), !after.series.isEmpty
            else { return nil }
            return after.series.reduce(0) { sum, series in
                let now = series.points.last?.value ?? 0
                let earlier = before.series.first { $0.labels == series.labels }?.points.last?.value ?? 0
                return sum + (now >= earlier ? now - earlier : now)
            }
        }
    }
}

extension TaskSecond {
    /// Requests that ended with an answer that was read to its end, right or wrong.
    fileprivate var completeAnswers: Int {
        succeeded.count
            + failures.reduce(0) { sum, failure in
                switch failure.key {
                case .status, .check, .redirect: sum + failure.value
                case .refused, .reset, .timeout, .connect, .exhausted, .tls, .malformed, .stream: sum
                }
            }
    }
}
