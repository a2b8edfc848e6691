package import Model

/// Where a criterion was met first: the window, the task and the value found there.
package struct CriterionBreach: Sendable, Equatable {
    package var criterion: Criterion
    /// nil: all tasks together.
    package var task: String?
    /// A share for error rates, seconds for latencies.
    package var value: Double
    /// Seconds of the load that the window covers.
    package var seconds: Range<Int>

    package init(criterion: Criterion, task: String?, value: Double, seconds: Range<Int>) {
        self.criterion = criterion
        self.task = task
        self.value = value
        self.seconds = seconds
    }
}

/// Where on a plateau one of the criteria is met first, for one task or for all tasks together.
///
/// A criterion is met when, over some window of `limit.window` consecutive seconds, its metric is above its threshold. Of a
/// window are the requests that were due in it; what was due before the plateau is not judged (`DuePlateau`), and what has
/// failed or is open counts in latencies as far as it says something of them (`CriterionTally`).
/// - A plateau shorter than the window is one window.
/// - A window in which nothing was answered, while requests were in flight in all its seconds, has an error rate of 100 % (for
///   all tasks together).
/// - A window is judged if it has at least `neededRequests`. Where others have, one with fewer is met only if it is above the
///   threshold by more than chance. Where no window has so many, the whole plateau is one window, and with fewer even there
///   the criterion is met only by more than chance.
///
/// Of several that end in the same second, that of the earlier criterion is given, and all tasks together before one task.
/// - Parameters:
///   - samples: of the plateau only, in order.
///   - taskNames: in the order of the samples' tasks.
package func firstBreach(of criteria: [Criterion], in samples: [SecondSample], taskNames: [String]) -> CriterionBreach?
{
    guard !criteria.isEmpty else { return nil }
    let judge = CriterionJudge(samples, taskNames: taskNames)
    return criteria.compactMap(judge.firstBreach).earliest
}

extension [CriterionBreach] {
    /// The one whose window ends first; of several that of the earlier criterion.
    var earliest: CriterionBreach? { self.min { $0.seconds.upperBound < $1.seconds.upperBound } }
}

/// Whether one of the criteria is met in a window that is over, however the plateau goes on.
package func isMetAlready(_ criteria: [Criterion], in samples: [SecondSample], taskNames: [String]) -> Bool {
    guard !criteria.isEmpty else { return false }
    let judge = CriterionJudge(samples, taskNames: taskNames)
    return criteria.contains(where: judge.isMetAlready)
}
