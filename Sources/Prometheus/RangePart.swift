import Model

/// A part of a range query that has no more points than Prometheus gives at once.
struct RangePart: Equatable {
    let from: UnixTime
    let to: UnixTime

    /// The parts' points together are those of the whole: each begins one step after the last point of the one before.
    static func parts(
        from: UnixTime, to: UnixTime, step: Seconds, mostPoints: Int
    ) throws(QueryError) -> [RangePart] {
        guard from.isFinite, to.isFinite, from <= to else { throw QueryError("the range ends before it begins") }
        guard step.isFinite, step >= 0.001 else { throw QueryError("the step is shorter than a millisecond") }
        let points = ((to - from) / step).rounded(.down) + 1
        guard points <= 1_000_000 else { throw QueryError("the range has more than a million points") }
        return stride(from: 0, to: Int(points), by: mostPoints).map { first in
            let last = min(first + mostPoints, Int(points)) - 1
            return RangePart(from: from + Double(first) * step, to: from + Double(last) * step)
        }
    }
}

/// Joins the series of several answers by their labels, in the order in which they first came.
struct MergedSeries {
    private(set) var series: [PrometheusSeries] = []
    private var places: [[String: String]: Int] = [:]

    mutating func append(_ more: [PrometheusSeries]) {
        for one in more {
            if let place = places[one.labels] {
                series[place].points += one.points
            } else {
                places[one.labels] = series.count
                series.append(one)
            }
        }
    }
}
