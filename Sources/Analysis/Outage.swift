package import Model

/// What the loss of a component under load cost, from the samples around it.
package struct Outage: Sendable, Equatable {
    package var loss: ComponentLoss
    /// Failed requests from the second before the loss was noticed until `recovered`, or to the load's end.
    package var failed: Int
    /// The second from which failures were again as rare as before; nil when they never were.
    package var recovered: Int?
    /// Successful requests per second in the seconds before; nil where there were none.
    package var rateBefore: Double?
    /// The same afterwards.
    package var rateAfter: Double?

    /// Seconds on either side that are compared, and that must be quiet for the others to count as having taken over.
    package static let window = 3

    package init(_ loss: ComponentLoss, in samples: [SecondSample]) {
        self.loss = loss
        let begin = loss.second - 1
        let before = samples.filter { (begin - Self.window..<begin).contains($0.second) }
        let after = samples.filter { $0.second >= begin }
        let usual = Self.errorRate(before) ?? 0
        let end = after.indices.dropFirst().first { index in
            let stretch = after[index...].prefix(Self.window)
            return stretch.count == Self.window && (Self.errorRate(stretch) ?? 1) <= max(usual, 0.005)
        }.map { after[$0].second }
        recovered = end
        failed = after.prefix { $0.second < end ?? .max }.reduce(0) { $0 + $1.failed }
        rateBefore = Self.rate(before)
        rateAfter = end.flatMap { end in
            Self.rate(samples.filter { (end..<end + Self.window).contains($0.second) })
        }
    }

    private static func rate(_ samples: some Collection<SecondSample>) -> Double? {
        samples.isEmpty ? nil : Double(samples.reduce(0) { $0 + $1.succeeded }) / Double(samples.count)
    }

    private static func errorRate(_ samples: some Collection<SecondSample>) -> Share? {
        let failed = samples.reduce(0) { $0 + $1.failed }
        let all = failed + samples.reduce(0) { $0 + $1.succeeded }
        return all == 0 ? nil : Double(failed) / Double(all)
    }
}

extension SecondSample {
    fileprivate var failed: Int { tasks.reduce(0) { $0 + $1.failed.count } }
    fileprivate var succeeded: Int { tasks.reduce(0) { $0 + $1.succeeded.count } }
}
