import Analysis
import Model
import Orchestrator
import SimulatedLaboratory
import Synchronization
import TestSupport
import Testing

/// Whole loads with pretended generators, applications and stacks, in virtual time.
@Suite(.timed) struct LoadRunTests {
    /// What a run saved and told, as it came.
    private final class Log: Sendable {
        private let entries = Mutex(
            (samples: [Int](), notes: [String](), steps: 0, restored: 0, seconds: [RunSecond]()))

        var samples: [Int] { entries.withLock { $0.samples } }
        var notes: [String] { entries.withLock { $0.notes } }
        var steps: Int { entries.withLock { $0.steps } }
        var restored: Int { entries.withLock { $0.restored } }
        var seconds: [RunSecond] { entries.withLock { $0.seconds } }

        func save(_ sample: SecondSample) { entries.withLock { $0.samples.append(sample.second) } }

        func take(_ happening: RunHappening) {
            entries.withLock { entries in
                switch happening {
                case .note(let note), .lost(_, let note): entries.notes.append(note)
                case .stepEnded: entries.steps += 1
                case .restored: entries.restored += 1
                case .second(let second): entries.seconds.append(second)
                default: break
                }
            }
        }
    }

    private let clock = VirtualClock()
    private let log = Log()

    private static let ramp = load(
        .ramp([
            LoadStage(users: 10, spawnRate: .infinity, hold: 5), LoadStage(users: 20, spawnRate: .infinity, hold: 5),
        ]))
    private static let search = load(.findLimit(LimitSearchPlan(from: 10, to: 1000, hold: 4, precision: 0.2)))

    private static func load(_ shape: LoadShape) -> LoadDefinition { LoadConductorTests.load(shape) }

    private func run(
        _ load: LoadDefinition, _ source: FakeSource, _ stack: FakeStack = FakeStack(),
        preflight: [PreflightResult] = [],
        save: @escaping @Sendable (SecondSample) throws -> Void = { _ in }
    ) async -> LoadRun.Result {
        let log = log
        return await LoadRun(
            load: load, criteria: LoadConductorTests.limits, source: source, stack: stack, preflight: preflight,
            clock: clock,
            save: {
                log.save($0)
                try save($0)
            }, tell: { log.take($0) }
        ).run()
    }

    /// Loses an agent in a second, once.
    private final class Loss: Sendable {
        private let source = Mutex<FakeSource?>(nil)
        private let second: Int

        init(in second: Int) { self.second = second }

        func of(_ source: FakeSource) { self.source.withLock { $0 = source } }

        func happen(_ second: Int) {
            guard second == self.second else { return }
            let source = source.withLock { $0 }
            source?.lose("lab1")
        }
    }

    /// The first stage holds from second 3 on.
    @Test func aStageWithoutOneOfItsAgentsIsRepeated() async throws {
        let loss = Loss(in: 5)
        let source = FakeSource(Self.ramp, happens: loss.happen)
        loss.of(source)
        let result = await run(Self.ramp, source)
        #expect(result.error == nil)
        #expect(source.state.asked == [10, 0, 10, 20] && source.state.regroupings == 1)
        #expect(result.steps.map(\.users) == [10, 10, 20])
        #expect(result.steps.map(\.passed) == [false, true, true])
        #expect(result.steps.first?.plateauEnded == 6)
        let note =
            "The agent lab1 was lost in second 5 of the load: its step is inconclusive, and was repeated by the agents that "
            + "were left."
        #expect(result.notes == [note] && log.notes == [note])
        // Nobody is moved in the second stage for what happened in the first.
        #expect(log.steps == 3)
    }

    @Test func aRateWithoutOneOfItsAgentsIsRepeated() async throws {
        let load = Self.load(
            .rate([RateStage(perSecond: 50, hold: 4), RateStage(perSecond: 80, hold: 4)], arrivals: .constant))
        let loss = Loss(in: 6)
        let source = FakeSource(load, happens: loss.happen)
        loss.of(source)
        let result = await run(load, source)
        #expect(source.state.rates == [50, 80, 0, 80])
        #expect(result.steps.map(\.rate) == [50, 80, 80])
        #expect(result.steps.map(\.passed) == [true, false, true])
    }

    @Test func aSearchGoesOnWithTheAgentsThatAreLeft() async throws {
        let loss = Loss(in: 9)
        let source = FakeSource(Self.search, capacity: 120, happens: loss.happen)
        loss.of(source)
        let result = await run(Self.search, source)
        let whole = await run(Self.search, FakeSource(Self.search, capacity: 120))
        #expect(source.state.regroupings == 1)
        // One step more than without the loss: the one that is repeated. It says nothing of the limit.
        let lost = result.steps.indices.filter { index in
            result.steps[index].validity?.reasons == [.agentLost("lab1")]
                || (result.steps.indices.contains(index + 1)
                    && result.steps[index].users == result.steps[index + 1].users
                    && !result.steps[index].passed && result.steps[index + 1].passed)
        }
        #expect(lost.count <= 1)
        var users = result.steps.map(\.users)
        if let lost = lost.first { users.remove(at: lost) }
        #expect(users == whole.steps.map(\.users))
    }

    @Test func theLoadStopsForALossWhereTheDefinitionSaysSo() async throws {
        var load = Self.ramp
        load.onLoss = .stop
        let loss = Loss(in: 5)
        let source = FakeSource(load, happens: loss.happen)
        loss.of(source)
        let result = await run(load, source)
        #expect(result.error == nil && source.state.regroupings == 0 && source.state.stops == 1)
        #expect(result.steps.map(\.users) == [10] && result.steps.first?.passed == false)
        #expect(result.notes == ["The agent lab1 was lost in second 5 of the load, which was stopped for it."])
    }

    @Test func withoutAnyAgentTheLoadIsNotMeasured() async throws {
        let loss = Loss(in: 5)
        let source = FakeSource(Self.ramp, canRegroup: false, happens: loss.happen)
        loss.of(source)
        let result = await run(Self.ramp, source)
        #expect((result.error as? Problem)?.message == "every agent was lost")
        #expect(source.state.stops == 1 && result.steps.count == 1)
    }

    @Test func aRampEndsAfterItsLastStage() async throws {
        let source = FakeSource(Self.ramp)
        let result = await run(Self.ramp, source)
        #expect(result.error == nil && result.diedAt == nil)
        #expect(result.steps.map(\.users) == [10, 20] && result.steps.allSatisfy(\.passed))
        #expect(source.state.asked == [10, 20] && source.state.stops == 1)
        #expect(result.generator != nil && result.restorations == 0)
        // The last one covers the part of a second before the end.
        #expect(log.samples == Array(0..<source.state.second) && log.steps == 2)
        let sent = result.steps.map { $0.users * $0.plateau.count }.reduce(0, +)
        #expect(result.started.count == 1 && result.started[0] >= sent)
    }

    @Test func anOpenLoadHasRatesInPlaceOfUsers() async throws {
        let load = Self.load(
            .rate([RateStage(perSecond: 50, hold: 3), RateStage(perSecond: 80, hold: 3)], arrivals: .poisson))
        let source = FakeSource(load)
        let result = await run(load, source)
        #expect(result.error == nil && result.steps.map(\.rate) == [50, 80])
        #expect(source.state.rates == [50, 80] && source.state.asked.isEmpty)
    }

    @Test func theDataSetIsRestoredBetweenTheStepsOfASearch() async throws {
        let (clock, source) = (clock, FakeSource(Self.search, capacity: 45))
        let stack = FakeStack { clock.advance(by: .milliseconds(2500)) }
        let result = await run(Self.search, source, stack)
        #expect(result.error == nil)
        #expect(result.steps.contains { $0.users <= 45 && $0.passed } && result.steps.contains { !$0.passed })
        #expect(result.restorations == result.steps.count - 1 && stack.restorations == result.restorations)
        #expect(log.restored == result.restorations)
        // All leave before anything is restored.
        #expect(source.state.asked.indices.allSatisfy { $0 % 2 == 0 || source.state.asked[$0] == 0 })
        // A step begins when the restoration is over.
        for (before, after) in zip(result.steps, result.steps.dropFirst()) {
            #expect(after.rampBegan >= Double(before.plateauEnded) + 2.5)
        }
    }

    /// Of an application whose data nobody brings back it is not said that they were.
    @Test func whatIsNotRestoredIsNotSaidToBe() async throws {
        let stack = FakeStack(restoresData: false)
        let result = await run(Self.search, FakeSource(Self.search, capacity: 45), stack)
        #expect(result.restorations > 0 && stack.restorations == result.restorations && log.restored == 0)
    }

    /// Although the step ends with it, and the next one wants others.
    @Test(arguments: [true, false]) func theLastSecondOfAPlateauWantsItsOwnUsers(isSearch: Bool) async throws {
        let load = isSearch ? Self.search : Self.ramp
        let result = await run(load, FakeSource(load, capacity: 45))
        #expect(result.error == nil && result.steps.count > 1)
        for step in result.steps {
            let wanted = log.seconds.filter { step.plateau.contains($0.second) }.map(\.targetUsers)
            #expect(Set(wanted) == [step.users] && wanted.count == step.plateau.count)
        }
    }

    /// One server with exponential service, behind the run of real loads.
    @Test func aSimulatedApplicationIsSearchedLikeAnyOther() async throws {
        let (load, model) = (SimulatedModel.load(seed: 7), try #require(SimulatedModel.all.first))
        let source = SimulatedSource(model.make(7), load: load)
        let samples = Mutex([SecondSample]())
        let result = await LoadRun(
            load: load, criteria: SimulatedModel.criteria, source: source, stack: FakeStack(), clock: clock,
            save: { sample in samples.withLock { $0.append(sample) } }, tell: { _ in }
        ).run()
        #expect(result.error == nil && result.restorations == result.steps.count - 1)
        var recorded = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "simulated", began: 0), samples: samples.withLock { $0 })
        recorded.measurement.steps = result.steps
        let answer = LimitAnswer(
            steps: recorded.judgedSteps(load: load, criteria: SimulatedModel.criteria), plan: SimulatedModel.plan,
            generator: result.generator)
        let estimate = try #require(answer.estimate)
        #expect(try #require(estimate.lower) < model.limit && model.limit < (try #require(estimate.upper)))
    }

    @Test func ordersAreCountedBetweenTheStepsOfASearch() async throws {
        let source = FakeSource(Self.search, capacity: 45)
        let stack = FakeStack(orders: { 5000 + source.state.asked.count })
        let result = await run(Self.search, source, stack)
        #expect(result.error == nil && result.steps.count > 2)
        // Each step begins with the restored data set, and is counted when its users are gone.
        #expect(result.steps.allSatisfy { $0.ordersBegan == 5000 })
        #expect(
            result.steps.dropLast().map(\.ordersEnded) == (1..<result.steps.count).map { 5000 + 2 * $0 })
        #expect(result.steps.last?.ordersEnded == nil, "it is counted with the rest, after the load")
        let bare = await run(Self.search, FakeSource(Self.search, capacity: 45))
        #expect(bare.steps.allSatisfy { $0.ordersBegan == nil && $0.ordersEnded == nil })
    }

    @Test func aStageBeginsWithTheOrdersOfTheOneBefore() async throws {
        let result = await run(Self.ramp, FakeSource(Self.ramp), FakeStack(orders: { 6000 }))
        #expect(result.steps.map(\.ordersBegan) == [5000, 6000])
        #expect(result.steps.first?.ordersEnded == 6000)
        #expect(result.steps.first?.dataGrowth == 0.2)
    }

    @Test func requestsUnderWayAreWaitedForWithinTheSecond() async throws {
        let source = FakeSource(Self.search, capacity: 15, looksUntilQuiet: 5)
        let result = await run(Self.search, source)
        #expect(result.error == nil)
        let (first, second) = try #require(result.steps.count > 1 ? (result.steps[0], result.steps[1]) : nil)
        // Five looks, 10 ms apart, and no further second.
        #expect(second.rampBegan == Double(first.plateauEnded) + 0.05)
    }

    @Test func aDrainThatTakesSecondsIsSeenInTheSamples() async throws {
        let source = FakeSource(Self.search, capacity: 15, looksUntilQuiet: 200)
        let result = await run(Self.search, source)
        #expect(result.error == nil)
        let (first, second) = try #require(result.steps.count > 1 ? (result.steps[0], result.steps[1]) : nil)
        let drain = second.rampBegan - Double(first.plateauEnded)
        #expect(drain >= 2 && drain < 4)
        #expect(result.restorations == result.steps.count - 1)
    }

    @Test func anApplicationThatDoesNotAnswerAnyMoreHasDied() async throws {
        let source = FakeSource(Self.search, capacity: 15, answers: { _ in false })
        let stack = FakeStack(showsBacklog: false)
        let result = await run(Self.search, source, stack)
        #expect(result.error == nil && result.diedAt == 0)
        #expect(result.steps.count == 1 && result.steps[0].killed == true)
        #expect(stack.restorations == 0 && result.generator != nil)
        // Nobody is given up on before ten seconds are over.
        #expect(clock.now.sinceStart >= .seconds(10))
    }

    @Test func anApplicationThatTakesItsTimeIsWaitedFor() async throws {
        let source = FakeSource(Self.search, capacity: 15, answers: { $0 % 4 == 0 })
        let result = await run(Self.search, source, FakeStack(showsBacklog: false))
        #expect(result.error == nil && result.diedAt == nil && result.steps.count > 2)
        #expect(result.steps.allSatisfy { $0.killed != true })
    }

    /// 10 ms before the load.
    private static let before = search.tasks.map { PreflightResult(task: $0.name, failure: nil, latency: 0.01) }

    @Test func aStepWaitsUntilTheApplicationAnswersAsBefore() async throws {
        // After the first step it is slow for a while: 3 s until two answers in a row are as fast as before.
        let source = FakeSource(Self.search, capacity: 45, latency: { (2...16).contains($0) ? 0.5 : 0.015 })
        let result = await run(
            Self.search, source, FakeStack(showsBacklog: false), preflight: Self.before)
        #expect(result.error == nil && result.steps.count > 2)
        #expect(result.steps.allSatisfy { $0.unrecovered == nil })
        #expect(result.steps[1].rampBegan >= Double(result.steps[0].plateauEnded) + 15 * 0.2)
    }

    @Test func aStepThatBeganWithoutRecoverySaysSo() async throws {
        let source = FakeSource(Self.search, capacity: 15, latency: { _ in 0.5 })
        let result = await run(
            Self.search, source, FakeStack(showsBacklog: false), preflight: Self.before)
        #expect(result.error == nil && result.diedAt == nil && result.steps.count > 2)
        // The application counts these requests too.
        #expect(result.started[0] > source.state.preflights)
        #expect(result.steps.first?.unrecovered == nil)
        let fault = try #require(result.steps[1].unrecovered)
        #expect(fault.failure == nil && fault.latency == 0.5 && fault.latencyBefore == 0.01 && fault.waited >= 30)
        #expect(log.notes.first?.contains("has not recovered") == true)
    }

    @Test func aStepThatBeganWithFailuresNamesThem() async throws {
        // Every other try fails: it is alive, and never right twice.
        let source = FakeSource(Self.search, capacity: 15, answers: { $0 % 2 == 0 })
        let result = await run(
            Self.search, source, FakeStack(showsBacklog: false), preflight: Self.before)
        #expect(result.steps.count > 2 && result.steps[1].unrecovered?.failure == .timeout)
    }

    @Test func aStackThatSaysWhenItIsDoneIsNotTried() async throws {
        let source = FakeSource(Self.search, capacity: 15, latency: { _ in 0.5 })
        let result = await run(Self.search, source, preflight: Self.before)
        #expect(source.state.preflights == 0 && result.steps.allSatisfy { $0.unrecovered == nil })
    }

    @Test func aCancelledLoadKeepsWhatWasMeasured() async throws {
        let source = FakeSource(
            Self.ramp,
            happens: { second in
                if second == 9 { withUnsafeCurrentTask { $0?.cancel() } }
            })
        let result = await Task { await run(Self.ramp, source) }.value
        #expect(result.error is CancellationError)
        #expect(result.steps.count == 1 && result.generator != nil && source.state.stops == 1)
        #expect(log.samples.starts(with: 0..<9))
    }

    @Test func aSampleThatCannotBeSavedEndsTheLoad() async throws {
        let source = FakeSource(Self.ramp)
        let result = await run(Self.ramp, source) { sample in
            if sample.second == 3 { throw Problem(.machine, "no space left") }
        }
        #expect((result.error as? Problem)?.message == "no space left")
        #expect(result.steps.isEmpty && result.generator != nil && source.state.stops == 1)
        #expect(log.samples == [0, 1, 2, 3, 4])
    }

    @Test func withoutItsDatabaseALoadEnds() async throws {
        let stack = FakeStack([Component("mariadb", .database), Component("store-1", .store)])
        let source = FakeSource(Self.ramp, happens: { if $0 == 4 { stack.die("mariadb") } })
        let result = await run(Self.ramp, source, stack)
        #expect((result.error as? Problem)?.message == "at second 4 of the load mariadb exited with code 1")
        #expect(result.losses == [ComponentLoss(component: "mariadb", second: 4)])
        #expect(source.state.stops == 1 && log.notes.count == 1)
    }

    @Test func withoutOneReplicaOfTwoALoadGoesOn() async throws {
        let stack = FakeStack([Component("store-1", .store), Component("store-2", .store)])
        let source = FakeSource(Self.ramp, happens: { if $0 == 4 { stack.die("store-2") } })
        let result = await run(Self.ramp, source, stack)
        #expect(result.error == nil && result.steps.count == 2)
        #expect(result.notes == ["At second 4 of the load: store-2 exited with code 1"])
        #expect(result.losses == [ComponentLoss(component: "store-2", second: 4)])
    }

    @Test func aDataSetThatCannotBeRestoredEndsTheLoad() async throws {
        let source = FakeSource(Self.search, capacity: 15)
        let stack = FakeStack { throw Problem(.measurement, "the store is gone") }
        let result = await run(Self.search, source, stack)
        #expect((result.error as? Problem)?.message == "the store is gone")
        #expect(result.steps.count == 1 && result.restorations == 0 && result.generator != nil)
    }
}
