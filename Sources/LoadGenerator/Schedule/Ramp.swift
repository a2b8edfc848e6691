/// The number of users as a function of time: one is added, or leaves, at each due time until the goal is reached.
/// Times are nanoseconds of the machine's monotonic clock.
package struct Ramp: Sendable, Equatable {
    package let from: Int
    package let goal: Int
    package let began: UInt64
    /// Users that are added begin in the middle of a thought, as those of a load do that has long been there; else with a
    /// request.
    package let usersThinkFirst: Bool
    /// Between two changes; 0 makes all of them at once.
    private let nanosecondsPerStep: Double

    /// - Parameter ratePerSecond: users per second; anything that is not a positive number means all at once.
    package init(from: Int, goal: Int, ratePerSecond: Double, began: UInt64, usersThinkFirst: Bool = false) {
        self.from = max(0, from)
        self.goal = max(0, goal)
        self.began = began
        self.usersThinkFirst = usersThinkFirst
        nanosecondsPerStep = ratePerSecond > 0 ? min(1e9 / ratePerSecond, 1e15) : 0
    }

    private var steps: Int { abs(goal - from) }

    /// When the change number `step` is due, from 0: the first at once.
    private func due(step: Int) -> UInt64 {
        began + UInt64((Double(step) * nanosecondsPerStep).rounded())
    }

    private func stepsDone(at time: UInt64) -> Int {
        guard time >= began, steps > 0 else { return 0 }
        guard nanosecondsPerStep > 0 else { return steps }
        let estimate = (Double(time - began) / nanosecondsPerStep).rounded(.down) + 1
        guard estimate < Double(steps) else { return due(step: steps - 1) <= time ? steps : max(0, steps - 1) }
        // Division and product may round apart by one step: the due times decide.
        var done = Int(estimate)
        if due(step: done) <= time { done += 1 }
        if done > 0, due(step: done - 1) > time { done -= 1 }
        return min(done, steps)
    }

    package func users(at time: UInt64) -> Int {
        goal >= from ? from + stepsDone(at: time) : from - stepsDone(at: time)
    }

    /// When the number changes next after `time`; nil once the goal is reached.
    package func nextChange(after time: UInt64) -> UInt64? {
        let done = stepsDone(at: time)
        return done < steps ? due(step: done) : nil
    }

    /// When the user of this index, counted from 0, is due to begin.
    package func due(user index: Int) -> UInt64 {
        due(step: min(max(0, index - from), max(0, steps - 1)))
    }
}
