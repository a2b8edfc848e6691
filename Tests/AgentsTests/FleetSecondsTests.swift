import Agents
import Model
import TestSupport
import Testing

/// What several agents saw of one second, put together.
@Suite(.timed) struct FleetSecondsTests {
    private static func part(_ second: Int, seed: Int = 1, users: Int = 3) -> SecondSample {
        var values = seed
        func distribution(_ count: Int) -> Distribution {
            var latency = 0
            return Distribution(
                ascending: (0..<count).map { _ in
                    values = (values * 1_103_515_245 + 12345) & 0x7FFF_FFFF
                    latency += 1 + values % 3
                    return .init(microseconds: latency, count: 1 + values % 5)
                })
        }
        let tasks = (0..<2).map { _ in
            TaskSecond(
                started: seed, succeeded: distribution(40), failed: distribution(5),
                failures: [.timeout: seed, .exhausted: 1], firstByte: distribution(30),
                due: DueSecond(
                    succeededEarlier: distribution(3), failedEarlier: distribution(2), open: distribution(4)))
        }
        var generator = GeneratorSecond(
            loops: [LoopSecond(cpu: 0.1 * Double(seed), timerLag: 0.001)], due: seed, sent: seed, waiting: 0,
            lag: distribution(6), connections: users, descriptorsLeft: 100 * seed, portsLeft: 50 * seed)
        generator.quota = QuotaSecond(cores: 1, stopped: 0, used: 0.5)
        return SecondSample(second: second, users: users, inFlight: seed, tasks: tasks, generator: generator)
    }

    /// Counts by latency, added up without the code under test.
    private static func union(_ parts: [Distribution]) -> [Int: Int] {
        parts.flatMap(\.buckets).reduce(into: [:]) { $0[$1.microseconds, default: 0] += $1.count }
    }

    private static func counts(_ distribution: Distribution) -> [Int: Int] { union([distribution]) }

    /// In a class, so that what is expected of it can change it.
    private final class Seconds {
        private var seconds: FleetSeconds

        init(names: [String], first: Int = 0, tasks: Int) {
            seconds = FleetSeconds(names: names, first: first, tasks: tasks)
        }

        func add(_ part: SecondSample, of agent: Int) -> [SecondSample]? { seconds.add(part, of: agent) }
        func lose(_ agent: Int) -> [SecondSample] { seconds.lose(agent) }
        func finish() -> [SecondSample] { seconds.finish() }
        var missing: (second: Int, agents: [Int]) { seconds.missing }
        var isEveryoneLost: Bool { seconds.isEveryoneLost }
    }

    @Test func aSecondIsTheUnionOfItsPartsBinForBin() throws {
        let seconds = Seconds(names: ["a", "b", "c"], tasks: 2)
        let parts = (1...3).map { Self.part(0, seed: $0, users: $0) }
        #expect(seconds.add(parts[2], of: 2) == [])
        #expect(seconds.add(parts[0], of: 0) == [])
        let whole = try #require(seconds.add(parts[1], of: 1)?.first)
        #expect(whole.users == 6 && whole.inFlight == 6)
        for task in 0..<2 {
            let own = parts.map { $0.tasks[task] }
            let sum = whole.tasks[task]
            #expect(sum.started == 6 && sum.failures == [.timeout: 6, .exhausted: 3])
            #expect(Self.counts(sum.succeeded) == Self.union(own.map(\.succeeded)))
            #expect(Self.counts(sum.failed) == Self.union(own.map(\.failed)))
            #expect(Self.counts(sum.firstByte) == Self.union(own.map(\.firstByte)))
            let due = try #require(sum.due)
            #expect(Self.counts(due.open) == Self.union(own.compactMap(\.due?.open)))
            #expect(Self.counts(due.succeededEarlier) == Self.union(own.compactMap(\.due?.succeededEarlier)))
            #expect(Self.counts(due.failedEarlier) == Self.union(own.compactMap(\.due?.failedEarlier)))
        }
        let generator = try #require(whole.generator)
        #expect(Self.counts(generator.lag) == Self.union(parts.compactMap(\.generator?.lag)))
        // What is of a machine stays with its agent.
        #expect(generator.quota == nil && generator.descriptorsLeft == 100 && generator.portsLeft == 50)
        #expect(generator.agents?.map(\.name) == ["a", "b", "c"])
        #expect(generator.agents?.map(\.generator) == parts.compactMap(\.generator))
        #expect(generator.agents?.map(\.exhausted) == [2, 2, 2])
        #expect(generator.lost == nil)
    }

    @Test func partsSurviveTheWire() throws {
        let part = AgentPart(sample: Self.part(4), failures: [], signs: [.memory: "out of memory"])
        let bytes = try AgentCoding.bytes(of: FromAgent.second(part))
        #expect(try AgentCoding.read(FromAgent.self, bytes) == .second(part))
        let plan = ToAgent.setUsers(5, perSecond: nil, thinkingFirst: true, at: .max)
        #expect(try AgentCoding.read(ToAgent.self, AgentCoding.bytes(of: plan)) == plan)
    }

    @Test func aSecondWithoutALostAgentSaysSo() {
        let seconds = Seconds(names: ["a", "b"], first: 10, tasks: 2)
        #expect(seconds.add(Self.part(0), of: 0) == [])
        #expect(seconds.add(Self.part(0), of: 1)?.map(\.second) == [10])
        #expect(seconds.add(Self.part(1), of: 0) == [])
        #expect(seconds.missing == (second: 1, agents: [1]))
        let reduced = seconds.lose(1)
        #expect(reduced.map(\.second) == [11] && reduced.first?.generator?.lost == ["b"])
        #expect(reduced.first?.tasks == Self.part(1).tasks)
        #expect(seconds.add(Self.part(2), of: 0)?.first?.generator?.lost == ["b"])
    }

    @Test func whatALostAgentSaidBeforeCounts() throws {
        let seconds = Seconds(names: ["a", "b"], tasks: 2)
        #expect(seconds.add(Self.part(0), of: 1) == [])
        #expect(seconds.lose(1) == [])
        let whole = try #require(seconds.add(Self.part(0), of: 0)?.first)
        #expect(whole.generator?.lost == nil && whole.users == 6)
    }

    @Test func theLossOfTheLastOneIsHeardOf() {
        let seconds = Seconds(names: ["a", "b"], tasks: 2)
        #expect(seconds.lose(0) == [])
        let last = seconds.lose(1)
        #expect(last.map(\.second) == [0] && last.first?.generator?.lost == ["a", "b"])
        #expect(last.first?.users == 0 && last.first?.tasks.count == 2)
        #expect(seconds.isEveryoneLost)
    }

    @Test func whatCannotBeAPartIsNone() {
        let seconds = Seconds(names: ["a", "b"], tasks: 2)
        var other = Self.part(0)
        other.tasks.removeLast()
        #expect(seconds.add(other, of: 0) == nil)
        #expect(seconds.add(Self.part(-1), of: 0) == nil)
        #expect(seconds.add(Self.part(0), of: 0) == [])
        #expect(seconds.add(Self.part(0), of: 0) == nil)
    }

    @Test func theEndGivesOutWhatIsThere() {
        let seconds = Seconds(names: ["a", "b"], tasks: 2)
        #expect(seconds.add(Self.part(0), of: 0) == [])
        #expect(seconds.add(Self.part(1), of: 0) == [])
        #expect(seconds.add(Self.part(0), of: 1)?.count == 1)
        // Of a load that ends about the end of a second, one agent may see a moment more than another.
        let rest = seconds.finish()
        #expect(rest.map(\.second) == [1] && rest.first?.users == 3 && rest.first?.generator?.lost == nil)
    }
}
