import Model

/// Judges one plateau by any criterion, over windows of the seconds in which requests were due.
struct CriterionJudge {
    private let plateau: DuePlateau
    private let taskNames: [String]

    init(_ samples: [SecondSample], taskNames: [String]) {
        plateau = DuePlateau(samples)
        self.taskNames = taskNames
    }

    func result(of criterion: Criterion) -> CriterionResult {
        let series = series(of: criterion)
        let windows = series.map(judgedWindows)
        let breach = breach(of: criterion, series)
        let all = series[0]
        var outcome = CriterionResult.Outcome.held
        if let breach {
            outcome = .met(breach)
        } else if windows[0].isEmpty {
            outcome = .undecided(
                needed: criterion.neededRequests, had: all.tally(plateau.samples.indices).judged)
        }
        let unjudged = zip(series, windows).filter { $1.isEmpty && $0.scope != breach?.scope(in: taskNames) }
        return CriterionResult(
            criterion: criterion, outcome: outcome, worst: worst(zip(series, windows), or: breach),
            unjudged: unjudged.compactMap { $0.0.scope }.map { taskNames[$0] })
    }

    /// Where it is met first, of all tasks together and of each; of windows that end at the same time the former's.
    func firstBreach(of criterion: Criterion) -> CriterionBreach? { breach(of: criterion, series(of: criterion)) }

    /// Whether it is met in a window that is over, by all of its length.
    func isMetAlready(_ criterion: Criterion) -> Bool {
        guard criterion.window <= Double(plateau.samples.count) else { return false }
        return series(of: criterion).contains { firstWindow(met: $0, isOver: false) != nil }
    }

    private func series(of criterion: Criterion) -> [CriterionSeries] {
        let tallies = plateau.tasks.map { $0.seconds.map { CriterionTally($0, criterion) } }
        return ([nil] + taskNames.indices.map(Optional.some)).map {
            CriterionSeries(criterion, scope: $0, of: plateau, tallies: tallies)
        }
    }

    private func breach(of criterion: Criterion, _ series: [CriterionSeries]) -> CriterionBreach? {
        var first: CriterionBreach?
        for one in series {
            guard let window = firstWindow(met: one, isOver: true) else { continue }
            let seconds = seconds(window)
            if let first, first.seconds.upperBound <= seconds.upperBound { continue }
            first = CriterionBreach(
                criterion: criterion, task: one.scope.map { taskNames[$0] }, value: one.value(window), seconds: seconds)
        }
        return first
    }

    /// Windows with enough requests; the whole plateau where none has.
    private func judgedWindows(_ series: CriterionSeries) -> [Range<Int>] {
        let windows = series.windows.filter(series.hasEnough)
        let whole = plateau.samples.indices
        return windows.isEmpty && !whole.isEmpty && series.hasEnough(whole) ? [whole] : windows
    }

    /// - Parameter isOver: the plateau has ended, so that it can be one window as a whole.
    private func firstWindow(met series: CriterionSeries, isOver: Bool) -> Range<Int>? {
        let windows = series.windows
        if windows.contains(where: series.hasEnough) {
            // A stall leaves few requests. What chance does is shared among the windows.
            let level = Criterion.chance / Double(windows.count)
            return windows.first {
                series.hasEnough($0) ? series.isMet($0) : series.isSignificantlyMet($0, level: level)
            }
        }
        let whole = plateau.samples.indices
        guard isOver, !whole.isEmpty else { return nil }
        let isMet =
            series.hasEnough(whole)
            ? series.isMet(whole) : series.isSignificantlyMet(whole, level: Criterion.chance)
        return isMet ? whole : nil
    }

    /// - Parameter breach: is the worst where it was found in a window with few requests and is above all others.
    private func worst(
        _ windows: some Sequence<(CriterionSeries, [Range<Int>])>, or breach: CriterionBreach?
    ) -> CriterionResult.Window? {
        var worst = breach.map { CriterionResult.Window(value: $0.value, task: $0.task, seconds: $0.seconds) }
        for (series, windows) in windows {
            // Beginning with the one most of whose requests are above, few of the others are worse.
            let shares = windows.map { series.tally($0) }.map { Double($0.above) / Double(max(1, $0.judged)) }
            let likely = shares.indices.max { shares[$0] < shares[$1] }.map { windows[$0] }
            for window in [likely].compactMap(\.self) + windows {
                if let worst, !series.exceeds(worst.value, window) { continue }
                worst = CriterionResult.Window(
                    value: series.value(window), task: series.scope.map { taskNames[$0] }, seconds: seconds(window))
            }
        }
        return worst
    }

    private func seconds(_ window: Range<Int>) -> Range<Int> {
        plateau.samples[window.lowerBound].second..<plateau.samples[window.upperBound - 1].second + 1
    }
}

extension CriterionBreach {
    fileprivate func scope(in taskNames: [String]) -> Int? { task.flatMap { taskNames.firstIndex(of: $0) } }
}
