import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct ValidityTests {
    private let load = LoadDefinition(
        tasks: [LoadTask(name: "read", weight: 1, method: .get, path: "/", expect: Check())],
        thinkTime: ThinkTime(minimum: 0.98, maximum: 1), shape: .ramp([LoadStage(users: 100, spawnRate: 100, hold: 10)])
    )

    /// Ten seconds of 100 users who think 0.99 s and wait 10 ms.
    private func plateau(_ change: (inout SecondSample, inout GeneratorSecond) -> Void = { _, _ in }) -> [SecondSample]
    {
        (0..<10).map { number in
            var sample = second(number, users: 100, task(100, ms: 10))
            var generator = GeneratorSecond(
                loops: [LoopSecond(cpu: 0.2, timerLag: 0.002, cpuWait: 0.01)], due: 100, sent: 100, waiting: 0,
                lag: many(100, ms: 0), connections: 100)
            change(&sample, &generator)
            sample.generator = generator
            return sample
        }
    }

    private func validity(_ samples: [SecondSample], isSteady: Bool = true) -> Validity? {
        ValidityJudge(load: load).validity(users: 100, samples: samples, isSteady: isSteady)
    }

    @Test func aGeneratorWithRoomIsValid() {
        #expect(validity(plateau()) == Validity())
        #expect(validity(plateau())?.verdict == .valid)
    }

    @Test func recordsThatDoNotSayHowTheGeneratorDidAreNotJudged() {
        #expect(validity([second(0, task(100))]) == nil)
        #expect(validity([]) == nil)
    }

    @Test func aThreadWithoutRoomIsTheLimit() {
        let busy = plateau { _, generator in generator.loops = [LoopSecond(cpu: 0.97, timerLag: 0, cpuWait: 0)] }
        #expect(validity(busy)?.verdict == .generatorLimited)
        // A tenth of a core, and waiting for more all the time.
        let starved = plateau { _, generator in generator.loops = [LoopSecond(cpu: 0.1, timerLag: 0, cpuWait: 0.85)] }
        guard case .threadBusy(let share, let waiting)? = validity(starved)?.reasons.first else {
            Issue.record("no busy thread")
            return
        }
        #expect(abs(share - 0.95) < 1e-9 && abs(waiting - 0.85) < 1e-9)
    }

    /// Two agents, of which one changes.
    private func agents(_ change: (inout AgentSecond) -> Void) -> [SecondSample] {
        plateau { _, generator in
            var second = AgentSecond(name: "lab2", generator: generator)
            change(&second)
            generator.agents = [AgentSecond(name: "lab1", generator: generator), second]
        }
    }

    @Test func aLimitIsThatOfTheAgentThatHasIt() {
        #expect(validity(agents { _ in }) == Validity())
        let busy = agents { $0.generator.loops = [LoopSecond(cpu: 0.95, timerLag: 0, cpuWait: 0)] }
        guard case .onAgent("lab2", .threadBusy)? = validity(busy)?.reasons.first else {
            Issue.record("no busy agent")
            return
        }
        #expect(validity(busy)?.verdict == .generatorLimited && validity(busy)?.reasons.count == 1)
        let exhausted = agents { $0.exhausted = 3 }
        #expect(validity(exhausted)?.reasons == [.onAgent("lab2", .exhausted(requests: 30))])
        let missed = agents { $0.generator.lag = many(100, ms: 80) }
        #expect(validity(missed)?.reasons == [.onAgent("lab2", .lateStarts(p95: 0.08))])
    }

    /// A load that lacks a part tells nothing of the whole, whatever else there is to say.
    @Test func aPlateauWithoutOneOfItsAgentsIsInconclusive() {
        let lost = plateau { sample, generator in
            generator.loops = [LoopSecond(cpu: 0.97, timerLag: 0, cpuWait: 0)]
            if sample.second >= 8 { generator.lost = ["lab2"] }
        }
        #expect(validity(lost)?.verdict == .inconclusive)
        #expect(validity(lost)?.reasons.first == .agentLost("lab2"))
    }

    /// - Parameters:
    ///   - waiting: of the generator's thread, as a share of its time.
    ///   - stopped: of its control group, summed over CPUs.
    ///   - used: by the generator, of a tenth of a core.
    private func limited(waiting: Share, stopped: Double, used: Double) -> Validity? {
        validity(
            plateau { _, generator in
                generator.loops = [LoopSecond(cpu: used, timerLag: 0, cpuWait: waiting)]
                generator.quota = QuotaSecond(cores: 0.1, stopped: stopped, used: used)
            })
    }

    @Test func aLimitOnCPUThatStopsTheGeneratorIsItsOwn() {
        // It waits for answers a part of the time, and is stopped most of the rest.
        #expect(limited(waiting: 0.75, stopped: 0.75, used: 0.1)?.reasons == [.heldBack(0.75, cores: 0.1)])
        #expect(limited(waiting: 0.125, stopped: 0.125, used: 0.1)?.reasons == [.heldBack(0.125, cores: 0.1)])
        // The target has used it up, which is in the same group.
        #expect(limited(waiting: 0.75, stopped: 1.4, used: 0.04)?.reasons == [.heldBack(0.75, cores: 0.1)])
        #expect(limited(waiting: 0.125, stopped: 1.4, used: 0.04)?.verdict == .valid)
    }

    @Test func aLimitThatIsNotReachedAndOneOfOthersAreNoReason() {
        #expect(limited(waiting: 0.01, stopped: 0, used: 0.09)?.verdict == .valid)
        // Other threads of the group were stopped, and never this one.
        #expect(limited(waiting: 0.01, stopped: 1.5, used: 0.09)?.verdict == .valid)
        // It waited because others used the machine.
        #expect(limited(waiting: 0.5, stopped: 0.01, used: 0.09)?.reasons == [.waitedForCPU(0.5)])
    }

    @Test func oneBusyThreadOfTwoIsTheLimit() {
        let samples = plateau { _, generator in generator.loops.append(LoopSecond(cpu: 0.99, timerLag: 0, cpuWait: 0)) }
        #expect(validity(samples)?.verdict == .generatorLimited)
    }

    @Test func lateStartsAndMissedOnesAreTheLimit() {
        let late = plateau { _, generator in generator.lag = many(100, ms: 30) }
        #expect(validity(late)?.reasons == [.lateStarts(p95: 0.03)])
        let tolerant = ValidityJudge(load: load, criteria: [p95(1)]).validity(users: 100, samples: late)
        #expect(tolerant?.verdict == .valid)
        let missed = plateau { sample, generator in
            generator.sent = 50
            generator.waiting = 50 * (sample.second + 1)
        }
        #expect(validity(missed)?.reasons == [.startsMissed(due: 1000, sent: 500)])
    }

    @Test func aMachineWithoutPortsIsTheLimit() {
        let samples = plateau { sample, _ in
            sample.tasks[0].failed = many(10, ms: 1); sample.tasks[0].failures = [.exhausted: 10]
        }
        #expect(validity(samples)?.reasons == [.exhausted(requests: 100)])
    }

    @Test func aGeneratorThatStoodStillProvesNothing() {
        func stopped(_ times: Int) -> [SecondSample] {
            plateau { sample, generator in generator.loops[0].timerLag = sample.second < times ? 0.3 : 0.04 }
        }
        #expect(validity(stopped(2))?.reasons == [.stoodStill(0.06)])
        #expect(validity(stopped(1))?.verdict == .valid)
    }

    @Test func whatProvesNothingIsInconclusive() {
        let half = plateau { sample, _ in sample.tasks = [task(50, ms: 10)] }
        #expect(validity(half)?.verdict == .inconclusive)
        #expect(validity(plateau(), isSteady: false)?.reasons == [.notSteady])
        let waiting = plateau { _, generator in generator.loops[0].cpuWait = 0.4 }
        #expect(validity(waiting)?.reasons == [.waitedForCPU(0.4)] || validity(waiting)?.verdict == .inconclusive)
    }
}

@Suite(.timed) struct SteadyStateTests {
    @Test func aWarmUpIsCut() {
        let level: [Double] = (0..<16).map { 1 + Double($0 % 3) / 10 }
        let series: [Double] = [9, 7, 5, 3] + level
        #expect(SteadyState.warmUp(of: series) == 4)
        #expect(SteadyState.warmUp(of: Array(repeating: 0.1, count: 30)) == 0)
    }

    @Test func longSeriesAreJudgedInBatchesOfFive() throws {
        let (warmUp, level): ([Double], [Double]) = (
            (0..<12).map { 20 - Double($0) }, (0..<88).map { 5 + Double($0 % 4) / 10 }
        )
        let series = warmUp + level
        let cut = try #require(SteadyState.warmUp(of: series))
        #expect(cut == 15)
    }

    @Test func aPauseInTheMidstIsNoWarmUp() {
        var series = (0..<20).map { 500.0 + Double($0 * 7 % 5) }
        series.replaceSubrange(5..<8, with: [0, 0, 1500])
        #expect(SteadyState.warmUp(of: series) == 0)
        // Late ones neither.
        var late = (0..<20).map { 500.0 + Double($0 * 7 % 5) }
        late.replaceSubrange(12..<15, with: [0, 0, 1500])
        #expect(SteadyState.warmUp(of: late) == 0)
        // A level that is new in the second half is no steady one.
        let twoLevels: [Double] = (0..<20).map { $0 < 12 ? 500 : 800 + Double($0 % 3) }
        #expect(SteadyState.warmUp(of: twoLevels) == nil)
        // What does belong to it is cut, and no more.
        series.replaceSubrange(0..<2, with: [100, 300])
        #expect(SteadyState.warmUp(of: series) == 2)
    }

    /// Twelve seconds of 100 requests, the second half with another latency.
    private func halves(_ first: Int, _ second: Int) -> [SecondSample] {
        (0..<12).map { number in
            let latencies = Distribution(ascending: [.init(microseconds: number < 6 ? first : second, count: 100)])
            return SecondSample(
                second: number, users: 10, inFlight: 0, tasks: [TaskSecond(started: 100, succeeded: latencies)])
        }
    }

    @Test func aDriftOfMicrosecondsIsNoneAndOneOfMillisecondsIs() {
        #expect(!SteadyState.drifts(halves(100, 100)))
        #expect(!SteadyState.drifts(halves(120, 80)))
        #expect(SteadyState.drifts(halves(12_000, 8_000)))
        #expect(SteadyState.drifts(halves(9_000, 10_000)))
        #expect(!SteadyState.drifts(halves(99_000, 100_000)))
    }

    @Test func aSeriesThatKeepsRisingHasNoSteadyState() {
        #expect(SteadyState.warmUp(of: (0..<30).map { Double($0 * $0) }) == nil)
    }
}

@Suite(.timed) struct LimitPredictionTests {
    private let load = LoadDefinition(
        tasks: [], thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: .ramp([]), timeout: 5)

    private func summary(_ users: Int, _ tasks: TaskSecond) throws -> PlateauSummary {
        try #require(
            PlateauSummary(users: users, samples: (0..<5).map { second($0, users: users, tasks) }, taskNames: ["read"]))
    }

    @Test func aSaturatedQueueTellsItsLimit() throws {
        // 200 requests/s and 800 users who think 2 s: N/X − Z = 2 s. The limit of 0.5 s is near 200·(2 + 0.45).
        let plateau = try summary(800, task(200, ms: 2000))
        let breach = CriterionBreach(criterion: p95(0.5), task: nil, value: 2, seconds: 0..<5)
        #expect(LimitPrediction.users(breach: breach, plateau: plateau, load: load) == 490)
        // Nearer to it the latency itself tells: 0.1 s less is 20 users less.
        let near = try summary(520, task(200, ms: 600))
        #expect(LimitPrediction.users(breach: breach, plateau: near, load: load) == 500)
    }

    @Test func refusalsTellTheCapacity() throws {
        var seconds = task(200, ms: 1, failed: 200)
        seconds.failures = [.status(503): 200]
        let plateau = try summary(800, seconds)
        let breach = CriterionBreach(criterion: errors(0.01), task: nil, value: 0.5, seconds: 0..<5)
        #expect(LimitPrediction.users(breach: breach, plateau: plateau, load: load) == 404)
    }

    @Test func answersThatComeTooLateTellAQueue() throws {
        // Of 300 answers a second 100 came after the 5 s allowed: a queue of 200/s that is 5 s long.
        let plateau = try summary(2800, task(200, ms: 4900, failed: 100))
        let breach = CriterionBreach(criterion: errors(0.01), task: nil, value: 0.3, seconds: 0..<5)
        #expect(LimitPrediction.users(breach: breach, plateau: plateau, load: load) == 200 * (2 + 5))
    }

    @Test func withoutSuccessesNothingIsPredicted() throws {
        let plateau = try summary(800, task(0, failed: 200))
        let breach = CriterionBreach(criterion: errors(0.01), task: nil, value: 1, seconds: 0..<5)
        #expect(LimitPrediction.users(breach: breach, plateau: plateau, load: load) == nil)
    }
}
