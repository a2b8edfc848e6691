import Model
import Orchestrator
import Stacks
import Synchronization
import TestSupport
import Testing

/// Faults beside a load, in virtual time.
@Suite(.timed) struct FaultRunTests {
    private final class Told: Sendable {
        private let all = Mutex<[FaultRecord]>([])
        var records: [FaultRecord] { all.withLock { $0 } }
        func take(_ happening: RunHappening) {
            if case .fault(let record) = happening { all.withLock { $0.append(record) } }
        }
    }

    private let told = Told()

    private static func fault(
        _ at: Seconds, _ action: FaultAction, on part: String = "redis", for duration: Seconds? = nil
    ) -> Fault {
        Fault(at: at, duration: duration, target: .part(part), action: action)
    }

    private func run(_ faults: [Fault], _ injector: FakeInjector) -> FaultRun {
        FaultRun(
            FaultPlan(faults, replicas: ["store-1", "store-2"], seed: 1), injector: injector,
            tell: { [told] in told.take($0) })
    }

    @Test func eachIsDoneAtItsInstantAndTakenBack() async {
        let injector = FakeInjector()
        let run = run([Self.fault(2, .pause, for: 3), Self.fault(7, .kill), Self.fault(9, .start)], injector)
        await run.run(VirtualClock(), lead: .zero)
        await run.finish()
        #expect(
            injector.calls == [
                .begin("pause", on: "redis"), .end("pause", on: "redis"), .begin("kill", on: "redis"),
                .begin("start", on: "redis"),
            ])
        #expect(run.records.map(\.began) == [2, 7, 9] && run.records.map(\.ended) == [5, nil, nil])
        #expect(run.records.map(\.index) == [0, 1, 2] && run.records.allSatisfy { $0.trouble == nil })
        #expect(run.notes.isEmpty)
        // Once as it began, and once more as it ended.
        #expect(told.records.map(\.index) == [0, 0, 1, 2] && told.records.map(\.ended) == [nil, 5, nil, nil])
    }

    @Test func aLoadThatHasBegunBeforeIsCaughtUpWith() async {
        let (clock, injector) = (VirtualClock(), FakeInjector())
        let run = run([Self.fault(0.1, .kill), Self.fault(3, .start)], injector)
        await run.run(clock, lead: .milliseconds(400))
        #expect(run.records.map(\.began) == [0.4, 3] && clock.now.sinceStart == .milliseconds(2600))
    }

    @Test func whatLastsUntilTheLoadEndsIsTakenBackThen() async {
        let (clock, injector) = (VirtualClock(), FakeInjector())
        let run = run([Self.fault(2, .pause), Self.fault(3, .cut, on: "mysql")], injector)
        await run.run(clock, lead: .zero)
        #expect(run.records.allSatisfy { $0.ended == nil } && run.records.count == 2)
        clock.advance(by: .seconds(10))
        await run.finish()
        #expect(run.records.map { $0.ended.map { $0 >= 12 } } == [true, true])
        #expect(injector.calls.suffix(2) == [.end("cut", on: "mysql"), .end("pause", on: "redis")])
        await run.finish()
        #expect(injector.calls.count == 4, "nothing is taken back twice")
    }

    /// Also where the load ends while the fault is being made.
    @Test func aCancelledLoadTakesBackWhatIsInForce() async {
        let load = Mutex<Task<Void, Never>?>(nil)
        let injector = FakeInjector(happens: { call in
            if call == .begin("pause", on: "redis") { load.withLock { $0?.cancel() } }
        })
        let run = run([Self.fault(2, .pause, for: 3), Self.fault(7, .kill)], injector)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for await _ in gate { break }
            await run.run(VirtualClock(), lead: .zero)
            await run.finish()
        }
        load.withLock { $0 = task }
        open.yield()
        await task.value
        #expect(injector.calls == [.begin("pause", on: "redis"), .end("pause", on: "redis")])
        #expect(run.records.count == 1 && run.records[0].ended != nil && run.records[0].trouble == nil)
    }

    @Test func aFaultThatFailsIsRecordedAndTheOthersGoOn() async {
        let injector = FakeInjector(failing: { call in
            switch call {
            case .begin("kill", _): Problem(.measurement, "redis does not run", nextStep: "Do this.")
            case .end("cut", _): Problem(.measurement, "the proxy is gone")
            default: nil
            }
        })
        let run = run([Self.fault(2, .kill), Self.fault(3, .cut, for: 1), Self.fault(5, .pause, for: 1)], injector)
        await run.run(VirtualClock(), lead: .zero)
        await run.finish()
        #expect(run.records.map(\.trouble) == ["redis does not run", "the proxy is gone", nil])
        #expect(run.records.map(\.ended) == [nil, nil, 6])
        #expect(
            run.notes == [
                "Fault 1, kill of redis, did not go as planned: redis does not run.",
                "Fault 2, cut of redis, did not go as planned: the proxy is gone.",
            ])
    }

    @Test func aHoldThatHasLessThanItAskedForSaysSo() async {
        let run = run([Self.fault(2, .hold(connections: 18), for: 3)], FakeInjector(held: 12))
        await run.run(VirtualClock(), lead: .zero)
        #expect(run.notes == ["Fault 1: of 18 connections of redis only 12 could be held."])
        #expect(run.records.map(\.trouble) == [nil] && run.records.map(\.ended) == [5])
    }

    // MARK: In a load

    private static let load = LoadConductorTests.load(.ramp([LoadStage(users: 10, spawnRate: .infinity, hold: 8)]))

    @Test func aLoadWithFaultsGoesOnWhateverDies() async {
        let stack = FakeStack([
            Component("mariadb", .database), Component("store-1", .store), Component("nginx", .balancer),
        ])
        let source = FakeSource(
            Self.load, happens: { if $0 == 3 { ["mariadb", "store-1", "nginx"].forEach(stack.die) } })
        let injector = FakeInjector()
        let result = await LoadRun(
            load: Self.load, criteria: LoadConductorTests.limits, source: source, stack: stack,
            faults: run([Self.fault(2, .pause)], injector), clock: VirtualClock(), save: { _ in }, tell: { _ in }
        ).run()
        #expect(result.error == nil && result.steps.count == 1)
        // What dies and was not killed by a fault is noted all the same.
        #expect(result.losses.map(\.component) == ["mariadb", "store-1", "nginx"] && result.notes.count == 3)
        #expect(result.generator != nil && source.state.stops == 1)
    }

    @Test func aLoadWithoutFaultsHasNoRecordOfAny() async {
        let result = await LoadRun(
            load: Self.load, criteria: LoadConductorTests.limits, source: FakeSource(Self.load), stack: FakeStack(),
            clock: VirtualClock(), save: { _ in }, tell: { _ in }
        ).run()
        #expect(result.faults == nil)
    }

    @Test func aLoadThatEndsHasTakenBackItsFaults() async {
        let (clock, injector) = (VirtualClock(), FakeInjector())
        // The load goes on until the fault is made.
        let source = FakeSource(
            Self.load,
            waits: { second in
                while second == 5, !injector.calls.contains(.begin("pause", on: "redis")) { await Task.yield() }
            })
        let result = await LoadRun(
            load: Self.load, criteria: LoadConductorTests.limits, source: source, stack: FakeStack(),
            faults: run([Self.fault(2, .pause)], injector), clock: clock, save: { _ in }, tell: { _ in }
        ).run()
        #expect(injector.calls == [.begin("pause", on: "redis"), .end("pause", on: "redis")])
        #expect(result.faults?.map { $0.ended != nil } == [true])
    }

    // MARK: Parts

    private static let components = [
        Component("mariadb", .database), Component("redis", .cache), Component("store-1", .store),
        Component("store-2", .store), Component("nginx", .balancer),
    ]

    private static func experiment(_ faults: [Fault]) -> Experiment {
        Experiment(
            name: "a", question: nil, title: LocalizedText(english: "", french: ""),
            stack: StackDefinition(
                backend: .redis, replicas: 2, balancers: [.roundRobin], storeCPUs: nil, dataset: .course),
            load: load, criteria: [], faults: faults, sourceFile: "a.yaml")
    }

    @Test func aRoleMeansTheComponentThatHasIt() throws {
        let faults = [Self.fault(1, .kill, on: "mysql"), Self.fault(2, .kill, on: "nginx"), Self.fault(3, .kill)]
        let plan = try FaultPlan(Self.experiment(faults), components: Self.components)
        #expect(plan.entries.map(\.part) == ["mariadb", "nginx", "redis"])
        #expect(plan.entries[0].fault.target == .part("mysql"), "the record says what the definition says")
        let containers = [Component("mysql", .database), Component("cache", .cache)]
        #expect(
            try FaultPlan(Self.experiment([faults[0], faults[2]]), components: containers).entries.map(\.part) == [
                "mysql", "cache",
            ])
    }

    @Test func aReplicaIsDrawnOfThoseThatThereAre() throws {
        let random = Fault(at: 1, target: .randomReplica, action: .kill)
        let one = try FaultPlan(Self.experiment([random]), components: Self.components)
        #expect(try one == FaultPlan(Self.experiment([random]), components: Self.components))
        #expect(["store-1", "store-2"].contains(one.entries[0].part))
    }

    @Test func aPartThatIsNotThereIsNamedWithThoseThatAre() {
        #expect {
            try FaultPlan(Self.experiment([Self.fault(1, .kill, on: "web")]), components: Self.components)
        } throws: { error in
            let problem = error as? Problem
            return problem?.message == "faults: the stack has no part web"
                && problem?.nextStep == "It has: mariadb, redis, store-1, store-2, nginx."
        }
    }
}
