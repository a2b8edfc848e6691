import Analysis
import Model

/// The samples of a step since its ramp ended: those that settle it, then those that count.
struct StepPlateau {
    /// The end of the second after which samples count.
    private(set) var began = 0
    /// Before any of them was left out.
    private var firstBegan = 0
    /// Those that count.
    private(set) var samples: [SecondSample] = []
    /// Whether no drift shows in them; known once the warm-up was cut.
    private(set) var isSteady = true
    /// Since the ramp ended: `samples` and what came before them.
    private var held: [SecondSample] = []

    private static let fewestToJudge = 8
    private static let fewestToGiveUp = 2
    /// Requests, to give a step up.
    private static let fewestRequests = 20
    private let criteria: [Criterion]
    private let taskNames: [String]

    init(criteria: [Criterion], taskNames: [String]) {
        self.criteria = criteria
        self.taskNames = taskNames
    }

    mutating func settle(_ sample: SecondSample) { held.append(sample) }

    mutating func begin(at now: Int) {
        began = now
        firstBegan = now
        samples = []
        isSteady = true
    }

    mutating func hold(_ sample: SecondSample) {
        held.append(sample)
        samples.append(sample)
    }

    /// What it says of each of the criteria.
    var results: [CriterionResult] { judge(criteria, on: samples, taskNames: taskNames) }

    /// Whether it may go on where it has too few requests for a criterion.
    /// - Parameter hold: seconds that the plateau was to last.
    func mayWaitForRequests(hold: Int) -> Bool { samples.count < 4 * hold }

    /// Whether the step can end early. Before the end of the plateau a criterion is met only by a whole window. A step of the
    /// climb that is far beyond its criterion ends even earlier: going on would leave a longer backlog, and tell nothing more
    /// about where the limit is.
    func isBrokenEarly(onTheWay: Bool) -> Bool {
        if isMetAlready(criteria, in: samples, taskNames: taskNames) { return true }
        let ended = samples.lazy.flatMap(\.tasks).reduce(0) { $0 + $1.succeeded.count + $1.failed.count }
        return onTheWay && samples.count >= Self.fewestToGiveUp && ended >= Self.fewestRequests
            && !keeps(criteria.compactMap(\.farAbove))
    }

    private func keeps(_ criteria: [Criterion]) -> Bool {
        firstBreach(of: criteria, in: samples, taskNames: taskNames) == nil
    }

    /// Takes seconds off the beginning that still belong to the warm-up.
    /// - Parameters:
    ///   - hold: seconds that the plateau is to last.
    ///   - isResult: whether an answer rests on it.
    /// - Returns: whether it may end: it is steady, or as long as it may become.
    mutating func cutWarmUp(hold: Int, isResult: Bool) -> Bool {
        // The short plateaus of a search only show the way.
        guard isResult || samples.count >= Self.fewestToJudge else { return true }
        guard let warmUp = SteadyState.warmUp(of: held) else {
            isSteady = !SteadyState.drifts(held)
            return samples.count >= hold + max(hold / 2, Self.fewestToJudge)
        }
        isSteady = true
        let excess = warmUp - (held.count - samples.count)
        let longestWindow = criteria.map { $0.wholeWindow }.max() ?? 1
        guard excess > 0, samples.count - excess >= max(hold / 2, longestWindow) else { return true }
        samples.removeFirst(excess)
        began += excess
        return true
    }

    /// Leaves out the first half while the application still gets faster: caches fill, code is compiled, connections open. A
    /// plateau that gets slower is no warm-up, and stays as it is.
    /// - Parameter hold: seconds that the plateau is to last.
    /// - Returns: whether more seconds are wanted in place of the first ones; not for longer than two more `hold`.
    mutating func slidePastWarmUp(hold: Int) -> Bool {
        isSteady = !SteadyState.drifts(samples)
        guard SteadyState.warmsUp(samples), began - firstBegan < 2 * max(hold, Self.fewestToJudge) else { return false }
        let half = (samples.count + 1) / 2
        samples.removeFirst(half)
        began += half
        return true
    }

    /// What was due on it and ended on it; nil without samples.
    func summary(users: Int) -> PlateauSummary? {
        PlateauSummary(users: users, samples: samples, taskNames: taskNames)
    }

    /// At how many users the first of the criteria is met, as far as the plateau says.
    func prediction(users: Int, load: LoadDefinition) -> Int? {
        guard let summary = summary(users: users) else { return nil }
        return criteria.compactMap { firstBreach(of: [$0], in: samples, taskNames: taskNames) }
            .compactMap { LimitPrediction.users(breach: $0, plateau: summary, load: load) }.min()
    }
}

extension Criterion {
    fileprivate var wholeWindow: Int { Int(window.rounded(.up)) }
}
