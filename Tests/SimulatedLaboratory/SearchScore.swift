import Analysis
import Foundation
package import Model
import Synchronization

/// How the searches of one model went.
package struct SearchScore: Sendable {
    private struct Found {
        var estimate: Double
        var lower: Double
        var upper: Double
        var seconds: Int
        var trials: Int
        var hasMoved: Bool

        init(_ estimate: LimitEstimate, of search: SimulatedSearch) {
            self.estimate = estimate.users
            (lower, upper) = (estimate.lower ?? 0, estimate.upper ?? .infinity)
            seconds = search.seconds
            trials = search.steps.count { $0.step.purpose == .trial }
            hasMoved = search.answer.movement != nil
        }
    }

    private let name: String
    private let limit: Double
    private let results: [Found]
    /// Searches without an estimate.
    package let missing: Int

    private init(_ name: String, limit: Double, results: [Found], searches: Int) {
        (self.name, self.limit, self.results) = (name, limit, results)
        missing = searches - results.count
    }

    /// - Parameter searches: with one seed each, always the same.
    /// - Returns: of the limit as measured, and where the machine's speed is recorded of that at its common speed.
    package static func all(of model: SimulatedModel, searches: Int) -> [SearchScore] {
        let found = Mutex<(measured: [Found], common: [Found])>(([], []))
        DispatchQueue.concurrentPerform(iterations: searches) { index in
            let search = SimulatedSearch(of: model, number: index + 1)
            let measured = search.answer.estimate.map { Found($0, of: search) }
            let common = search.answer.atCommonSpeed.map { Found($0, of: search) }
            found.withLock {
                $0.measured += measured.map { [$0] } ?? []
                $0.common += common.map { [$0] } ?? []
            }
        }
        let (measured, common) = found.withLock { $0 }
        let score = SearchScore(model.name, limit: model.limit, results: measured, searches: searches)
        return common.isEmpty
            ? [score]
            : [score, SearchScore("… at common speed", limit: model.limit, results: common, searches: searches)]
    }

    package static let heading =
        "model               limit  covered  too low  too high    width    bias   error  seconds trials  moved  none"

    private var count: Double { Double(max(1, results.count)) }
    /// How many of the intervals hold the limit.
    package var covered: Share { Double(results.count { $0.lower <= limit && limit <= $0.upper }) / count }
    private var tooLow: Share { Double(results.count { $0.upper < limit }) / count }
    private var tooHigh: Share { Double(results.count { $0.lower > limit }) / count }
    /// Of the intervals, as a share of their lower ends; the median.
    package var width: Share { median(results.map { $0.upper / $0.lower - 1 }) }
    /// Of the estimates, as a share of the limit; the median.
    package var bias: Share { median(results.map { $0.estimate / limit - 1 }) }
    private var error: Share {
        (results.map { pow($0.estimate / limit - 1, 2) }.reduce(0, +) / count).squareRoot()
    }
    /// Of load, per search.
    package var seconds: Double { Double(results.reduce(0) { $0 + $1.seconds }) / count }
    private var trials: Double { Double(results.reduce(0) { $0 + $1.trials }) / count }

    package var row: String {
        name.padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(
                format: "%7.0f %7.1f%% %7.1f%% %8.1f%% %7.1f%% %+6.1f%% %6.1f%% %8.1f %6.1f %5.1f%% %5d", limit,
                covered * 100, tooLow * 100, tooHigh * 100, width * 100, bias * 100, error * 100, seconds, trials,
                Double(results.count(where: \.hasMoved)) / count * 100,
                missing)
    }

    private func median(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.sorted()[values.count / 2]
    }
}
