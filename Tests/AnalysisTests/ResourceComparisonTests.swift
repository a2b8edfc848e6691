import Analysis
import Foundation
import Model
import TestSupport
import Testing

/// Runs whose store has a CPU limit.
private struct LimitedRuns {
    var noise = Noise(state: 17)
    /// Cores that each replica may use; nil for no limit.
    var limit: Double? = 0.25
    /// Cores that each replica uses.
    var used = 0.19
    /// Share of its periods in which a replica was stopped; nil where the record does not say.
    var stopped: Double? = 1
    var replicas = 1
    /// Requests in each second.
    var requests = 1000
    /// Standard deviation of what is used from one run to the next.
    var spread = 0.0
    var enforced = true
    /// Cores that the whole machine used.
    var machine = 0.35
    private static let seconds = 12

    mutating func measurement() -> RecordedMeasurement {
        let level = exp(spread * noise.normal())
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        measurement.outcome = .measured
        let names = (1...replicas).map { "store-\($0)" }
        measurement.components =
            names.map { name in
                Component(
                    name: name, role: .store, version: nil, address: name,
                    cpuLimit: limit.map { CPUQuota(cores: $0, enforced: enforced, how: "cgroup v2") })
            } + [
                Component(name: "mariadb", role: .database, version: nil, address: "m"),
                Component(name: "prometheus", role: .prometheus, version: nil, address: "p"),
            ]
        measurement.usage = (1...Self.seconds).map { second in
            var cores = ["mariadb": 0.1, "prometheus": 0.05, "machine": machine]
            for name in names { cores[name] = used * level * exp(0.01 * noise.normal()) }
            return UsageSample(time: Double(second), cores: cores, memory: [:])
        }
        if let stopped {
            measurement.signals = SignalRecord(
                times: measurement.usage.map(\.time),
                series: names.map { name in
                    SignalSeries(
                        kind: .throttled, component: name, limit: nil,
                        values: Array(repeating: stopped, count: Self.seconds))
                })
        }
        measurement.steps = [
            LoadStep(
                users: 100, purpose: .stage, rampBegan: 0, plateauBegan: 0, plateauEnded: Self.seconds, passed: true)
        ]
        let samples = (0..<Self.seconds).map { second in
            SecondSample(
                second: second, users: 100, inFlight: 1,
                tasks: [
                    TaskSecond(
                        started: requests,
                        succeeded: Distribution(
                            ascending: [.init(microseconds: 20_000 + second, count: requests)]))
                ])
        }
        return RecordedMeasurement(measurement: measurement, samples: samples)
    }

    mutating func run(_ shape: LoadShape? = nil) -> RecordedRun {
        let stage = LoadStage(users: 100, spawnRate: 1e6, hold: Double(Self.seconds))
        let experiment = Experiment(
            name: "e", question: nil, title: LocalizedText(english: "e", french: "e"),
            stack: StackDefinition(
                backend: .mysql, replicas: replicas, balancers: [.none], storeCPUs: limit, dataset: .course),
            load: LoadDefinition(
                tasks: [LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: Check())],
                thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: shape ?? .ramp([stage])),
            criteria: [], sourceFile: "e.yaml")
        return RecordedRun(
            manifest: RunManifest(
                id: "r", version: "1", commit: nil, began: 0, quick: false,
                host: Host(system: "s", kernel: "k", processor: "p", cores: 2, memory: 1, openFiles: 1),
                experiments: [experiment]),
            experiments: [RecordedExperiment(experiment: experiment, folder: "01-e", measurements: [measurement()])])
    }
}

@Suite(.timed) struct ResourceComparisonTests {
    private func effect(_ comparison: RunComparison, _ kind: Quantity.Kind, of part: String = "store") -> Effect? {
        comparison.rows.first { $0.quantity.kind == kind && $0.quantity.part == part }?.effect
    }

    @Test func aFifthLessOfWhatAPartIsGivenIsFoundAndNothingIsSaidOfWhatCameOut() throws {
        var (full, less) = (LimitedRuns(), LimitedRuns(limit: 0.2, used: 0.16, requests: 930))
        let found = RunComparison(of: less.run(), against: full.run())
        let store = try #require(effect(found, .cpu))
        #expect(store.verdict == .less && abs(store.estimate - 0.84) < 0.01)
        #expect(try #require(store.upper) < 0.95 && #require(store.lower) > 0.74)
        #expect(store.heldAt?.a == 0.25 && store.heldAt?.b == 0.2)
        #expect(found.differing.count == 1 && found.outcomes.allSatisfy { $0.effect.verdict == .noDifferenceShown })
        #expect(RunComparison(of: full.run(), against: less.run()).differing.map(\.effect.verdict) == [.more])
        #expect(found.differences.map(\.place) == ["stack.store.cpus"] && found.differences[0].isSetting)
    }

    /// What is lost of the slices in which a limit is handed out hangs on what else runs.
    @Test func besideOtherProgramsAHeldPartMayUseMoreUpToItsLimit() throws {
        var (quiet, busy) = (LimitedRuns(), LimitedRuns(used: 0.222, machine: 1.2))
        let disturbed = RunComparison(of: busy.run(), against: quiet.run())
        #expect(effect(disturbed, .cpu)?.verdict == .noDifferenceShown)
        #expect(disturbed.differences.map(\.place) == ["machine used by other programs"])
        var (full, less) = (LimitedRuns(used: 0.24), LimitedRuns(limit: 0.2, used: 0.196, machine: 1.2))
        #expect(effect(RunComparison(of: less.run(), against: full.run()), .cpu)?.verdict == .less)
    }

    @Test func whatEqualRunsUseDoesNotDiffer() {
        var runs = LimitedRuns(spread: 0.02)
        let alarms = (0..<60).count { _ in !RunComparison(of: runs.run(), against: runs.run()).differing.isEmpty }
        #expect(alarms <= 3)
    }

    @Test(arguments: [0.0, 0.3, 0.5]) func aPartThatIsNotHeldUsesWhatTheMachinesMoodIs(stopped: Double) throws {
        var full = LimitedRuns(stopped: stopped)
        var less = LimitedRuns(used: 0.16, stopped: 1)
        let store = try #require(effect(RunComparison(of: less.run(), against: full.run()), .cpu))
        #expect(store.verdict == .noDifferenceShown && store.heldAt == nil)
        #expect(store.quotas.a?.isHeld == false && store.quotas.b?.isHeld == true)
    }

    @Test func withoutASignalOfBeingStoppedUseNearTheLimitTells() throws {
        var (near, far) = (LimitedRuns(used: 0.245, stopped: nil), LimitedRuns(used: 0.2, stopped: nil))
        let store = try #require(effect(RunComparison(of: far.run(), against: near.run()), .cpu))
        #expect(store.quotas.a?.isHeld == true && store.quotas.b?.isHeld == false)
        var loose = LimitedRuns(enforced: false)
        let free = try #require(effect(RunComparison(of: loose.run(), against: loose.run()), .cpu))
        #expect(free.quotas.a == nil && free.quotas.b == nil)
    }

    @Test func replicasCountTogetherAndTheWatcherNot() throws {
        var (one, three) = (LimitedRuns(), LimitedRuns(replicas: 3))
        let found = RunComparison(of: three.run(), against: one.run())
        let store = try #require(effect(found, .cpu))
        #expect(store.verdict == .more && abs(store.b - 0.57) < 0.02 && store.heldAt?.b == 0.75)
        #expect(effect(found, .cpu, of: "mariadb") != nil && effect(found, .cpu, of: "prometheus") == nil)
        #expect(found.resources.count == 4)
    }

    @Test func readingsWithoutAReplicaAndPartsWithoutReadingsAreLeftOut() throws {
        var runs = LimitedRuns(replicas: 2)
        var run = runs.run()
        for second in 0..<6 {
            run.experiments[0].measurements[0].measurement.usage[second].cores["store-2"] = nil
        }
        let store = try #require(effect(RunComparison(of: run, against: run), .cpu))
        #expect(abs(store.a - 0.38) < 0.02)
        run.experiments[0].measurements[0].measurement.usage = []
        #expect(RunComparison(of: run, against: run).resources.isEmpty)
    }

    @Test func halfTheTimePerRequestIsBetter() throws {
        var (slow, fast) = (LimitedRuns(), LimitedRuns(requests: 3500))
        let found = RunComparison(of: fast.run(), against: slow.run())
        let each = try #require(effect(found, .cpuPerRequest))
        #expect(each.verdict == .better && abs(each.a - 0.000_19) < 0.000_01)
        #expect(effect(found, .cpu)?.verdict == .noDifferenceShown)
    }

    /// Climbs by 50, 100 and 200 users, four seconds each; the last fails.
    private func search(_ used: [Double], stopped: [Double?]) -> RecordedRun {
        var runs = LimitedRuns()
        var run = runs.run(.findLimit(LimitSearchPlan(from: 50, to: 1000, hold: 4, precision: 0.1)))
        var measurement = run.experiments[0].measurements[0].measurement
        measurement.steps = [(50, 0, true), (100, 4, true), (200, 8, false)].map {
            LoadStep(
                users: $0.0, purpose: .climb, rampBegan: 0, plateauBegan: $0.1, plateauEnded: $0.1 + 4, passed: $0.2)
        }
        for second in measurement.usage.indices {
            measurement.usage[second].cores["store-1"] = used[second / 4]
            measurement.signals?.series[0].values[second] = stopped[second / 4]
        }
        run.experiments[0].measurements[0].measurement = measurement
        run.experiments[0].measurements[0].samples.removeLast(4)
        return run
    }

    @Test func aSearchIsComparedWhereALimitStoppedThePartElseAtBothBoundsOfItsAnswer() throws {
        func store(_ run: RecordedRun) throws -> Effect {
            let rows = RunComparison(of: run, against: run).resources
            return try #require(rows.first { $0.quantity == Quantity(.cpu, part: "store") }).effect
        }
        let used = [0.05, 0.17, 0.23]
        let held = try store(search(used, stopped: [0, 0.3, 0.95]))
        #expect(abs(held.a - 0.23) < 0.001 && held.heldAt?.a == 0.25)
        let free = try store(search(used, stopped: [0, 0.3, 0.6]))
        #expect(abs(free.a - 0.2) < 0.001 && free.heldAt == nil)
    }

    /// As steps of a quick run are: two readings tell little of how much readings differ.
    @Test func aFifthLessIsFoundInAShortStepOfASearchToo() throws {
        func upper(stopped: Double) throws -> Double {
            func run(_ limit: Double, _ used: [Double]) -> RecordedRun {
                var run = search([0.05, 0.05, 0.05], stopped: [0, 0, stopped])
                for (second, cores) in zip(8..., used) {
                    run.experiments[0].measurements[0].measurement.usage[second].cores["store-1"] = cores
                }
                run.experiments[0].measurements[0].measurement.components[0].cpuLimit?.cores = limit
                run.experiments[0].measurements[0].measurement.steps[2].plateauEnded = 10
                return run
            }
            let rows = RunComparison(of: run(0.2, [0.17, 0.16]), against: run(0.25, [0.21, 0.2])).resources
            return try #require(rows.first { $0.quantity.kind == .cpu && $0.quantity.part == "store" }?.effect.upper)
        }
        #expect(try upper(stopped: 1) < 1)
        #expect(try upper(stopped: 0.8) > 1)
    }

    /// The more often it was not stopped, the more its use hangs on other things.
    @Test func aPartThatIsNotAlwaysStoppedMayUseLessInAnotherRun() throws {
        var (always, often, less) = (LimitedRuns(), LimitedRuns(stopped: 0.93), LimitedRuns(stopped: 0.87))
        var half = LimitedRuns(stopped: 0.5)
        func width(_ run: RecordedRun) throws -> Double {
            let store = try #require(effect(RunComparison(of: run, against: run), .cpu))
            return try log(#require(store.upper) / #require(store.lower))
        }
        #expect(try width(often.run()) > 1.5 * width(always.run()))
        // Nothing jumps where it no longer counts as stopped all along.
        #expect(try width(less.run()) > width(often.run()) && width(less.run()) < 1.6 * width(often.run()))
        #expect(try width(half.run()) > 2 * width(less.run()))
    }

    @Test func theSameRecordsGiveTheSameFigures() {
        func effects() -> [Effect] {
            var runs = LimitedRuns()
            return RunComparison(of: runs.run(), against: runs.run()).rows.map(\.effect)
        }
        #expect(effects() == effects() && effects().count == 9)
    }
}
