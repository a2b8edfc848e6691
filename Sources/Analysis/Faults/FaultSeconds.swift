import Model

/// The seconds of a load, read for bills: what was due in each, and what became of it.
struct FaultSeconds {
    let samples: [SecondSample]
    private let due: DuePlateau
    /// Seconds in which a request was due that failed.
    private let failedDueIn: Set<Int>
    private let criteria: [(criterion: Criterion, series: CriterionSeries)]

    init(_ samples: [SecondSample], criteria: [Criterion]) {
        self.samples = samples
        let due = DuePlateau(samples)
        self.due = due
        failedDueIn = Set(FailureLedger(samples).bySecond.keys)
        self.criteria = criteria.map { criterion in
            let tallies = due.tasks.map { $0.seconds.map { CriterionTally($0, criterion) } }
            return (criterion, CriterionSeries(criterion, scope: nil, of: due, tallies: tallies))
        }
    }

    var end: Int { samples.last.map { $0.second + 1 } ?? 0 }

    /// Where a second stands among the samples; nil where the record lacks it.
    func place(of second: Int) -> Int? {
        guard let first = samples.first?.second else { return nil }
        let place = second - first
        if samples.indices.contains(place), samples[place].second == second { return place }
        return samples.firstIndex { $0.second == second }
    }

    private func places(_ seconds: Range<Int>) -> [Int] { seconds.compactMap(place) }

    /// Latencies of the successes that were due then.
    func latencies(dueIn seconds: Range<Int>) -> Distribution {
        let places = places(seconds)
        return .merged(due.tasks.flatMap { task in places.map { task.seconds[$0].succeeded } })
    }

    func succeeded(dueIn second: Int) -> Int {
        guard let place = place(of: second) else { return 0 }
        return due.tasks.reduce(0) { $0 + $1.seconds[place].succeeded.count }
    }

    /// Under way at the load's end, due then.
    func open(dueIn seconds: Range<Int>) -> Int {
        let places = places(seconds)
        return due.tasks.reduce(0) { sum, task in places.reduce(sum) { $0 + task.seconds[$1].open.count } }
    }

    /// Requests that ended in each second: successes and failures.
    func ended(in seconds: Range<Int>) -> [(succeeded: Int, failed: Int)] {
        places(seconds).map { place in
            samples[place].tasks.reduce((0, 0)) { ($0.0 + $1.succeeded.count, $0.1 + $1.failed.count) }
        }
    }

    /// What failed from a second on.
    func failures(from second: Int) -> FailureLedger { FailureLedger(samples.filter { $0.second >= second }) }

    /// Whether some seconds, taken together, keep all criteria.
    /// - Parameter failed: of the requests that were due in them.
    func keepsLimits(_ seconds: Range<Int>, failed: Int) -> Bool {
        let places = places(seconds)
        guard places.count == seconds.count, let first = places.first, let last = places.last, !isStuck(in: seconds)
        else { return false }
        let ended = failed + seconds.reduce(0) { $0 + succeeded(dueIn: $1) }
        return criteria.allSatisfy { criterion, series in
            criterion.metric == .errorRate
                ? Double(failed) <= criterion.threshold * Double(ended) : !series.isMet(first..<last + 1)
        }
    }

    /// Whoever waits for an answer asks for nothing more: such a second has neither successes nor failures to show.
    func isStuck(in seconds: Range<Int>) -> Bool {
        seconds.contains { second in
            guard let place = place(of: second), samples[place].inFlight > 0 else { return false }
            return due.tasks.allSatisfy { $0.seconds[place].succeeded.count == 0 } && !failedDueIn.contains(second)
        }
    }

    func stretch(_ seconds: Range<Int>) -> FaultBill.Stretch? {
        let ended = ended(in: seconds)
        guard !ended.isEmpty else { return nil }
        let latencies = latencies(dueIn: seconds)
        return FaultBill.Stretch(
            seconds: seconds, perSecond: Double(ended.reduce(0) { $0 + $1.succeeded }) / Double(ended.count),
            p50: latencies.percentile(50), p95: latencies.percentile(95))
    }
}

/// Failed requests by the second in which they were due.
struct FailureLedger {
    private(set) var bySecond: [Int: [FailureKind: Int]] = [:]
    /// When each second's failures ended, the first and the last, in order.
    private var ends: [(first: Seconds, last: Seconds)] = []

    init(_ samples: [SecondSample]) {
        for sample in samples {
            for task in sample.tasks { add(task, endedIn: sample.second) }
        }
        ends.sort { $0.first < $1.first }
    }

    private mutating func add(_ task: TaskSecond, endedIn second: Int) {
        if let times = task.failureTimes { ends.append((times.first, times.last)) }
        for (kind, count) in task.failures {
            guard let due = task.failureTimes?.due[kind], due.count == count else {
                // A record that does not say when.
                bySecond[second, default: [:]][kind, default: 0] += count
                continue
            }
            for slot in due.buckets {
                bySecond[slot.microseconds / 1_000_000, default: [:]][kind, default: 0] += slot.count
            }
        }
    }

    /// What was due before a second counts as due in it, unless it was due before another one, to whose fault it belongs.
    mutating func gather(into second: Int, dueFrom first: Int) {
        for (early, kinds) in bySecond where early < second {
            bySecond[early] = nil
            guard early >= first else { continue }
            bySecond[second, default: [:]].merge(kinds, uniquingKeysWith: +)
        }
    }

    func count(in second: Int) -> Int { bySecond[second]?.values.reduce(0, +) ?? 0 }

    func count(in seconds: Range<Int>) -> Int { seconds.reduce(0) { $0 + count(in: $1) } }

    func kinds(in seconds: Range<Int>) -> [FailureCount] { FailureCount.summed(seconds.compactMap { bySecond[$0] }) }

    /// When the first request failed, not before a time; of a task's second of which only its first and last failure are known,
    /// and only the last comes after that time, the last.
    func firstEnd(from time: Seconds) -> Seconds? {
        ends.compactMap { $0.first >= time ? $0.first : $0.last >= time ? $0.last : nil }.min()
    }
}
