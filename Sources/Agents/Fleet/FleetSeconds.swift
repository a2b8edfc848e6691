package import Model

/// Puts the agents' parts of each second together and gives seconds out in order. Of a second that lacks an agent's part,
/// since the agent was lost, it says so.
package struct FleetSeconds: Sendable {
    private let names: [String]
    /// The second of the load at which the agents' second 0 begins.
    private let first: Int
    /// Of a second in which nobody says anything.
    private let empty: [TaskSecond]
    private var waiting: [Int: [Int: SecondSample]] = [:]
    private var lost: Set<Int> = []
    /// Of the agents.
    private var next = 0
    private var isOver = false

    /// - Parameters:
    ///   - names: of the agents, in the order of their parts.
    ///   - first: the second of the load at which their second 0 begins.
    ///   - tasks: how many the load has.
    package init(names: [String], first: Int = 0, tasks: Int) {
        self.names = names
        self.first = first
        empty = (0..<tasks).map { _ in TaskSecond() }
    }

    /// - Returns: the seconds that are whole now, in order; nil for a part that cannot be one.
    package mutating func add(_ part: SecondSample, of agent: Int) -> [SecondSample]? {
        guard part.tasks.count == empty.count, part.second >= next, waiting[part.second]?[agent] == nil else {
            return nil
        }
        waiting[part.second, default: [:]][agent] = part
        return whole()
    }

    /// The agent's further parts are not waited for.
    package mutating func lose(_ agent: Int) -> [SecondSample] {
        lost.insert(agent)
        var seconds = whole()
        // When the last one is lost there is one more second, so that somebody hears of it.
        if lost.count == names.count, !isOver, seconds.last?.generator?.lost == nil { seconds.append(give()) }
        if lost.count == names.count { isOver = true }
        return seconds
    }

    /// - Returns: what is left when nobody will add anything more.
    package mutating func finish() -> [SecondSample] {
        var seconds: [SecondSample] = []
        while let last = waiting.keys.max(), next <= last { seconds.append(give()) }
        return seconds
    }

    /// The agents whose part the oldest second lacks, which is this one of theirs.
    package var missing: (second: Int, agents: [Int]) {
        (next, names.indices.filter { !lost.contains($0) && waiting[next]?[$0] == nil })
    }

    package var isEveryoneLost: Bool { lost.count == names.count }

    private mutating func whole() -> [SecondSample] {
        var seconds: [SecondSample] = []
        while let parts = waiting[next], names.indices.allSatisfy({ parts[$0] != nil || lost.contains($0) }) {
            seconds.append(give())
        }
        return seconds
    }

    private mutating func give() -> SecondSample {
        let parts = waiting.removeValue(forKey: next) ?? [:]
        let there = names.indices.compactMap { index in parts[index].map { (names[index], $0) } }
        var sum = SecondSample.merged(there.map(\.1))
        if there.isEmpty { sum.tasks = empty }
        var generator =
            sum.generator
            ?? GeneratorSecond(loops: [], due: 0, sent: 0, waiting: 0, lag: Distribution(), connections: 0)
        generator.agents = there.compactMap { name, part in
            part.generator.map {
                let exhausted = part.tasks.reduce(0) { $0 + ($1.failures[.exhausted] ?? 0) }
                return AgentSecond(name: name, generator: $0, exhausted: exhausted > 0 ? exhausted : nil)
            }
        }
        generator.descriptorsLeft = there.compactMap { $0.1.generator?.descriptorsLeft }.min()
        generator.portsLeft = there.compactMap { $0.1.generator?.portsLeft }.min()
        generator.quota = nil
        let missing = names.indices.filter { lost.contains($0) && parts[$0] == nil }.map { names[$0] }
        generator.lost = missing.isEmpty ? nil : missing
        sum.generator = generator
        sum.second = first + next
        next += 1
        return sum
    }
}
