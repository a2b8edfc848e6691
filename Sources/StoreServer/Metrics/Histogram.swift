import Synchronization

/// Counts of durations in buckets, as Prometheus wants them.
package struct HistogramCounts: Sendable, Equatable {
    /// Upper bounds in seconds and as they are printed; the last bucket, +Inf, has none.
    package static let bounds: [(nanoseconds: Int, text: String)] = [
        (500_000, "0.0005"), (1_000_000, "0.001"), (2_500_000, "0.0025"), (5_000_000, "0.005"), (10_000_000, "0.01"),
        (25_000_000, "0.025"), (50_000_000, "0.05"), (100_000_000, "0.1"), (250_000_000, "0.25"),
        (500_000_000, "0.5"), (1_000_000_000, "1"), (2_500_000_000, "2.5"), (5_000_000_000, "5"),
        (10_000_000_000, "10"),
    ]

    /// One for each bound and one for +Inf; not yet cumulative.
    package private(set) var buckets = [Int](repeating: 0, count: bounds.count + 1)
    package private(set) var totalNanoseconds = 0

    package init() {}

    package var count: Int { buckets.reduce(0, +) }

    package mutating func record(nanoseconds: Int) {
        var index = 0
        while index < Self.bounds.count, nanoseconds > Self.bounds[index].nanoseconds { index += 1 }
        buckets[index] += 1
        totalNanoseconds += nanoseconds
    }
}

package final class Histogram: Sendable {
    private let state = Mutex(HistogramCounts())

    package init() {}

    package var counts: HistogramCounts { state.withLock { $0 } }

    package func record(nanoseconds: Int) {
        state.withLock { $0.record(nanoseconds: nanoseconds) }
    }
}

/// The labels of a request's series. The route is a pattern, never the path that was asked for, so the set is bounded.
package struct RequestLabels: Sendable, Equatable, Comparable {
    package var route: String
    package var method: String
    package var status: Int

    package init(route: String, method: String, status: Int) {
        self.route = route
        self.method = method
        self.status = status
    }

    package static func < (left: RequestLabels, right: RequestLabels) -> Bool {
        (left.route, left.method, left.status) < (right.route, right.method, right.status)
    }
}

/// A histogram for each route, method and status.
package final class RequestHistograms: Sendable {
    private let series = Mutex<[RequestSeries]>([])

    package init() {}

    package var values: [(labels: RequestLabels, counts: HistogramCounts)] {
        series.withLock { $0 }.flatMap(\.values).sorted { $0.labels < $1.labels }
    }

    /// A place for the requests of one route and method; it is to be asked for once and kept.
    package func series(route: String, method: String) -> RequestSeries {
        let made = RequestSeries(route: route, method: method)
        series.withLock { $0.append(made) }
        return made
    }
}

/// The histograms of one route and method, by status.
package final class RequestSeries: Sendable {
    private let route: String
    private let method: String
    /// Few, so that looking through them costs less than a hash.
    private let counts = Mutex<[(status: Int, counts: HistogramCounts)]>([])

    init(route: String, method: String) {
        self.route = route
        self.method = method
    }

    var values: [(labels: RequestLabels, counts: HistogramCounts)] {
        counts.withLock { $0 }.map { (RequestLabels(route: route, method: method, status: $0.status), $0.counts) }
    }

    /// What a route that has answered may answer next: its series are there from then on, since a rate is the rise from one
    /// scrape to the next, and would miss the first errors of a series that begins with them.
    private static let failures = [500, 503]

    package func record(status: Int, nanoseconds: Int) {
        counts.withLock { counts in
            if counts.isEmpty {
                counts = ([status] + Self.failures.filter { $0 != status }).map { ($0, HistogramCounts()) }
            }
            if counts.firstIndex(where: { $0.status == status }) == nil { counts.append((status, HistogramCounts())) }
            guard let index = counts.firstIndex(where: { $0.status == status }) else { return }
            counts[index].counts.record(nanoseconds: nanoseconds)
        }
    }
}
