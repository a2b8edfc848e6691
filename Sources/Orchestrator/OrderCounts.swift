import Model
import Stacks

/// How many orders there are before and after each step of a load. They are counted between steps only.
struct OrderCounts {
    private let stack: any RunningStack
    private let isRestored: Bool
    /// By step.
    private var ended: [Int: Int] = [:]
    /// Counts under way during the ramp that follows a stage, by the step before it.
    private var underWay: [Int: Task<Int?, Never>] = [:]

    /// - Parameter isRestored: whether the data set is brought back to its start before each step.
    init(_ stack: any RunningStack, isRestored: Bool) {
        self.stack = stack
        self.isRestored = isRestored
    }

    /// After a step of a search, when nothing is in flight any more.
    mutating func count(after step: Int) async {
        guard stack.dataset != nil else { return }
        ended[step] = await stack.countOrders()
    }

    /// After a stage, while the load goes on with the ramp to the next: nobody waits for the answer.
    mutating func countMeanwhile(after step: Int) {
        guard stack.dataset != nil else { return }
        underWay[step] = Task { [stack] in await stack.countOrders() }
    }

    /// Fills in what was counted. What is after the last step is counted with the rest of the collection.
    mutating func note(in steps: inout [LoadStep]) async {
        for (step, count) in underWay { ended[step] = await count.value }
        var before = stack.dataset?.ordersBefore
        for index in steps.indices {
            steps[index].ordersBegan = before
            steps[index].ordersEnded = ended[index]
            if !isRestored { before = ended[index] }
        }
    }
}
