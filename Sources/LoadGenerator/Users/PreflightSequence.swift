import Model

/// The order in which one user tries every task once before the load. A task that needs a value comes after one that takes
/// it, and a task that forgets a value comes as late as possible. A task is tried again where its value was forgotten.
struct PreflightSequence {
    struct Step: Equatable {
        var task: Int
        var body: Int
    }

    let own: UserValues
    private(set) var results: [PreflightResult] = []
    private let plan: LoadPlan
    private var left: [Int]
    private var current: Step?
    private var repetitions: Int
    private var failedBeginning: Bool

    init(_ plan: LoadPlan) {
        self.plan = plan
        own = UserValues(plan)
        let order = Array(plan.drawn..<plan.tasks.count) + plan.beginning
        left = order + plan.tasks.indices.filter { !order.contains($0) }
        failedBeginning = false
        repetitions = plan.tasks.count
    }

    /// What is to be tried next; nil at the end.
    mutating func next() -> Step? {
        if current == nil { current = choose().map { Step(task: $0, body: 0) } }
        return current
    }

    /// - Parameter cookies: the user's after the answer.
    mutating func tried(_ result: PreflightResult, taken: [[UInt8]], cookies: CookieJar?) {
        results.append(result)
        own.cookies = cookies
        guard let step = current else { return }
        let task = plan.tasks[step.task]
        if result.failure == nil {
            for (variable, value) in zip(task.takes, taken) {
                own.keep(value, as: variable)
                if step.task >= plan.drawn { plan.shared.share(value, as: variable) }
            }
        } else if task.place == .beginning {
            failedBeginning = true
        }
        guard step.body + 1 >= task.bodyCount else { return current = Step(task: step.task, body: step.body + 1) }
        if result.failure == nil { own.forget(task.forgets & ~task.takes.reduce(0) { $0 | 1 << UInt64($1) }) }
        current = nil
    }

    /// At the end: a user whose beginning is over goes on as the first of the load.
    func handOver() {
        guard !plan.beginning.isEmpty, !failedBeginning, left.isEmpty else { return }
        plan.shared.handOver(own.session)
    }

    private mutating func choose() -> Int? {
        // A step comes after the one before it.
        let later = left.compactMap { index -> Int? in
            if case .step(let next) = plan.tasks[index].place { next } else { nil }
        }
        let ready = left.filter { plan.tasks[$0].needs & ~own.had == 0 && !later.contains($0) }
        if let task = ready.first(where: { plan.tasks[$0].forgets == 0 }) ?? ready.first {
            left.removeAll { $0 == task }
            return task
        }
        let missing = left.reduce(0) { $0 | plan.tasks[$1].needs & ~own.had }
        let giver = plan.tasks.firstIndex { task in
            task.needs & ~own.had == 0 && task.takes.contains { missing & (1 << UInt64($0)) != 0 }
        }
        if let giver, !left.isEmpty, repetitions > 0 {
            repetitions -= 1
            return giver
        }
        for task in left.map({ plan.tasks[$0] }) { results.append(Self.untried(task, own: own, plan: plan)) }
        left = []
        return nil
    }

    private static func untried(_ task: PlannedTask, own: UserValues, plan: LoadPlan) -> PreflightResult {
        let missing = plan.variables.indices.first { task.needs & ~own.had & (1 << UInt64($0)) != 0 } ?? 0
        let words = "not tried: no earlier answer had the value \(plan.variables[missing])"
        return PreflightResult(
            task: task.name,
            failure: FailureExample(
                task: task.name, kind: .check, time: 0, latency: 0, detail: words, request: "", response: ""),
            latency: 0)
    }
}
