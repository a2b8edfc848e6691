import Foundation
import Model

/// The quantities of one plateau, each with its standard error by the stationary bootstrap over the plateau's seconds:
/// seconds that follow each other resemble each other, so single requests or seconds are no independent observations.
struct PlateauFigures {
    private static let drawings = 500

    private struct Second {
        /// Successes that ended in it.
        var answered = 0
        /// Of the requests that were due in it.
        var failed = 0
        var succeeded = 0
        var microseconds = 0.0
        /// Positions in the plateau's latencies, and counts.
        var latencies: [(position: Int, count: Int)] = []
    }

    private let seconds: [Second]
    /// All latencies of the plateau in microseconds, ascending.
    private let latencies: [Int]

    init(_ samples: [SecondSample]) {
        let plateau = DuePlateau(samples)
        let due = samples.indices.map { second in plateau.tasks.map { $0.seconds[second] } }
        let merged = due.map { Distribution.merged($0.map(\.succeeded)) }
        let latencies = Distribution.merged(merged).buckets.map(\.microseconds)
        let positions = Dictionary(uniqueKeysWithValues: latencies.enumerated().map { ($1, $0) })
        self.latencies = latencies
        seconds = zip(samples.indices, merged).map { second, latencies in
            Second(
                answered: samples[second].tasks.reduce(0) { $0 + $1.succeeded.count },
                failed: due[second].reduce(0) { $0 + $1.failed.count }, succeeded: latencies.count,
                microseconds: latencies.buckets.reduce(0) { $0 + Double($1.microseconds) * Double($1.count) },
                latencies: latencies.buckets.map { (positions[$0.microseconds] ?? 0, $0.count) })
        }
    }

    /// - Parameter kinds: any that a plateau's requests have.
    /// - Returns: those that the plateau has; one of two seconds or fewer has none.
    func figures(_ kinds: [Quantity.Kind]) -> [Quantity.Kind: Figure] {
        guard seconds.count >= 3 else { return [:] }
        let all = Array(seconds.indices)
        let values = values(of: all, kinds)
        let block = max(
            StationaryBootstrap.blockLength(of: seconds.map { Double($0.answered) }),
            StationaryBootstrap.blockLength(of: seconds.map { $0.microseconds / Double(max(1, $0.succeeded)) }))
        var bootstrap = StationaryBootstrap(count: seconds.count, meanBlock: block, seed: 42)
        var drawn: [Quantity.Kind: [Double]] = [:]
        for _ in 0..<Self.drawings {
            for (kind, value) in self.values(of: bootstrap.next(), kinds) { drawn[kind, default: []].append(value) }
        }
        // As many independent observations as blocks: few of them spread less than they should.
        let blocks = max(2, Double(seconds.count) / block)
        return values.reduce(into: [:]) { figures, entry in
            let (kind, value) = entry
            let isRatio = Quantity(kind).isRatio
            guard !isRatio || value > 0 else { return }
            let scaled = (drawn[kind] ?? []).filter { !isRatio || $0 > 0 }.map { isRatio ? log($0) : $0 }
            figures[kind] = Figure(
                value, variance: Self.variance(of: scaled) * blocks / (blocks - 1), freedom: blocks - 1)
        }
    }

    /// How far a percentile moves, as a difference of logarithms, where a share of the requests is slower or faster by the
    /// width of the distribution: much where few requests lie at the percentile itself, as between those that a CPU limit
    /// stopped and those that it did not.
    /// - Parameter share: of all requests; at most half of those beyond the percentile.
    func sway(of kind: Quantity.Kind, share: Share) -> Double {
        guard let middle = kind.percentile else { return 0 }
        let counts = counts(of: Array(seconds.indices))
        let total = counts.reduce(0, +)
        let reach = min(share * 100, (100 - middle) / 2, middle / 2)
        guard let below = percentile(middle - reach, of: counts, total), below > 0,
            let above = percentile(middle + reach, of: counts, total)
        else { return 0 }
        return log(above / below) / 2
    }

    private func values(of indices: [Int], _ kinds: [Quantity.Kind]) -> [Quantity.Kind: Double] {
        var (answered, failed, succeeded, microseconds) = (0, 0, 0, 0.0)
        for index in indices {
            answered += seconds[index].answered
            failed += seconds[index].failed
            succeeded += seconds[index].succeeded
            microseconds += seconds[index].microseconds
        }
        let counts = kinds.contains { $0.percentile != nil } ? counts(of: indices) : []
        return kinds.reduce(into: [:]) { values, kind in
            switch kind {
            case .limit, .cpu, .cpuPerRequest: break
            case .throughput: values[kind] = Double(answered) / Double(seconds.count)
            case .mean: values[kind] = succeeded > 0 ? microseconds / Double(succeeded) / 1_000_000 : nil
            case .p50, .p95: values[kind] = kind.percentile.flatMap { percentile($0, of: counts, succeeded) }
            case .errorRate:
                values[kind] = failed + succeeded > 0 ? Double(failed) / Double(failed + succeeded) : nil
            }
        }
    }

    private func counts(of indices: [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: latencies.count)
        for index in indices {
            for entry in seconds[index].latencies { counts[entry.position] += entry.count }
        }
        return counts
    }

    /// Nearest rank, as everywhere in the report.
    private func percentile(_ percentile: Double, of counts: [Int], _ total: Int) -> Double? {
        guard total > 0 else { return nil }
        let rank = max(1, Int((percentile / 100 * Double(total)).rounded(.up)))
        var seen = 0
        for (position, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return Double(latencies[position]) / 1_000_000 }
        }
        return nil
    }

    private static func variance(of values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
}

extension Quantity.Kind {
    fileprivate var percentile: Double? {
        switch self {
        case .p50: 50
        case .p95: 95
        case .limit, .throughput, .mean, .errorRate, .cpu, .cpuPerRequest: nil
        }
    }
}
