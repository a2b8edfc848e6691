import Model

/// Requests that a criterion judges: how many, and how many of them are above its threshold.
///
/// A success counts with its latency. A failure would have had a latency of at least what it took, and a request that is open
/// at the end one of at least its age. What is known of them is a lower bound: above the threshold it counts as that
/// latency, else it says nothing of the threshold and is left out.
struct CriterionTally {
    var judged = 0
    /// Latencies above the threshold; failures, of an error rate.
    var above = 0
    /// Sum of the latencies. Whole numbers: what was added is subtracted exactly, and what a damaged record gives too large
    /// wraps around.
    var microseconds = 0

    init() {}

    init(_ requests: DuePlateau.Requests, _ criterion: Criterion) {
        guard criterion.metric != .errorRate else {
            judged = requests.succeeded.count + requests.failed.count
            above = requests.failed.count
            return
        }
        judged = requests.succeeded.count
        above = requests.succeeded.count(above: criterion.threshold)
        if criterion.metric == .mean { add(requests.succeeded.buckets) }
        for bounds in [requests.failed, requests.open] {
            let count = bounds.count(above: criterion.threshold)
            judged += count
            above += count
            if criterion.metric == .mean, count > 0 { add(bounds.above(criterion.threshold).buckets) }
        }
    }

    private mutating func add(_ buckets: [Distribution.Bucket]) {
        for bucket in buckets { microseconds &+= bucket.microseconds &* bucket.count }
    }

    static func + (one: CriterionTally, other: CriterionTally) -> CriterionTally {
        var sum = one
        sum.judged += other.judged
        sum.above += other.above
        sum.microseconds &+= other.microseconds
        return sum
    }

    static func - (one: CriterionTally, other: CriterionTally) -> CriterionTally {
        var difference = one
        difference.judged -= other.judged
        difference.above -= other.above
        difference.microseconds &-= other.microseconds
        return difference
    }
}

extension Distribution {
    /// - Parameter threshold: seconds.
    func count(above threshold: Seconds) -> Int {
        var count = 0
        for bucket in buckets.reversed() {
            guard Double(bucket.microseconds) / 1_000_000 > threshold else { break }
            count += bucket.count
        }
        return count
    }

    /// - Parameter threshold: seconds.
    func above(_ threshold: Seconds) -> Distribution {
        Distribution(ascending: buckets.filter { Double($0.microseconds) / 1_000_000 > threshold })
    }
}
