import Model

/// A full plateau near the limit, as the estimate sees it.
package struct LimitTrial: Sendable, Equatable {
    package var users: Int
    /// No criterion was met; nil where one could not be judged and none was met.
    package var held: Bool?
    /// Of each criterion, in their order: by how much its worst window lay above the threshold, as a share of the threshold:
    /// -1 for a value of 0, 0 at the threshold. nil where it could not be judged.
    package var excesses: [Double?]
    /// Of each criterion: by how much its excess is expected to grow with the logarithm of the users.
    package var growths: [Double]
    /// How fast the machine was on the plateau, as a multiple of `MachineSpeed.common`; nil where it was not measured.
    package var speed: Double?

    package init(users: Int, held: Bool?, excesses: [Double?]) {
        self.users = users
        self.held = held
        self.excesses = excesses
        growths = excesses.map { _ in LimitPosterior.latencyGrowth }
    }

    package init(users: Int, results: [CriterionResult], speed: Double? = nil) {
        self.speed = speed
        self.users = users
        held = results.contains { $0.breach != nil } ? false : results.contains(where: \.isUndecided) ? nil : true
        excesses = results.map(\.excess)
        growths = results.map(\.criterion.growth)
    }
}

extension Criterion {
    /// By how much the excess of a full application grows with the logarithm of its users. By the interactive response time law the
    /// latency grows by 1/X with each user, which near the limit makes (Z + T)/T: 5 for 2 s of thought and 500 ms. What is refused
    /// is what X does not serve: an error rate e is 1 - X/N, which makes (1 - E)/E.
    fileprivate var growth: Double {
        metric.isLatency || threshold <= 0 || threshold >= 1
            ? LimitPosterior.latencyGrowth : (1 - threshold) / threshold
    }
}

extension CriterionResult {
    /// By how much the worst window lay above the threshold, as a share of it; nil where nothing could be judged. A criterion
    /// that was met lies above 0, also where its value is no more than the threshold in print.
    package var excess: Double? {
        switch outcome {
        case .undecided: nil
        case .held: min(0, relative)
        case .met: max(1e-9, relative)
        }
    }

    /// Thresholds of 0 are met by any value above 0.
    private var relative: Double {
        guard let value = worst?.value else { return -1 }
        guard criterion.threshold > 0 else { return value > 0 ? .infinity : -1 }
        return value / criterion.threshold - 1
    }
}
