import Analysis
import Foundation
import Model
import TestSupport
import Testing

/// Numbers that look random and are always the same.
struct Noise {
    var state: UInt64

    mutating func uniform() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (Double(state >> 11) + 0.5) / Double(1 << 53)
    }

    mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }
}

@Suite(.timed) struct StudentTests {
    @Test(arguments: [
        (1.0, 0.05, 12.7062), (2, 0.05, 4.302_65), (3, 0.05, 3.182_45), (4, 0.0125, 4.3147), (10, 0.05, 2.228_14),
        (30, 0.01, 2.750_00), (1e9, 0.05, 1.959_96),
    ])
    func quantilesAreThoseOfTheTables(freedom: Double, tails: Double, value: Double) {
        #expect(abs(Student.quantile(tails: tails, freedom: freedom) - value) < 0.002 * value)
    }
}

@Suite(.timed) struct BootstrapTests {
    @Test func theSameSeedDrawsTheSame() {
        var (one, other) = (
            StationaryBootstrap(count: 20, meanBlock: 3, seed: 1), StationaryBootstrap(count: 20, meanBlock: 3, seed: 1)
        )
        #expect((0..<5).map { _ in one.next() } == (0..<5).map { _ in other.next() })
    }

    @Test func blocksAreAsLongAsAsked() {
        var bootstrap = StationaryBootstrap(count: 1000, meanBlock: 8, seed: 3)
        let indices = bootstrap.next()
        #expect(indices.count == 1000 && indices.allSatisfy { (0..<1000).contains($0) })
        let breaks = zip(indices, indices.dropFirst()).count { ($0 + 1) % 1000 != $1 }
        #expect((90...160).contains(breaks))
    }

    @Test func dependentSeriesGetLongerBlocks() {
        var noise = Noise(state: 5)
        func length(_ correlation: Double) -> Double {
            (0..<20).map { _ in
                var last = 0.0
                return StationaryBootstrap.blockLength(
                    of: (0..<120).map { _ in
                        last = correlation * last + noise.normal()
                        return last
                    })
            }.reduce(0, +) / 20
        }
        let (independent, dependent) = (length(0), length(0.7))
        #expect(independent < 4)
        #expect(dependent > 1.7 * independent)
        #expect(StationaryBootstrap.blockLength(of: [5, 5, 5, 5, 5]) == 1)
        #expect(StationaryBootstrap.blockLength(of: []) == 1)
    }
}

/// Runs of one plateau whose seconds resemble those before them, and which differ from each other by a spread.
private struct Plateaus {
    var noise: Noise
    /// Correlation of a second with the one before.
    var correlation = 0.6
    /// Standard deviation of the logarithm of a run's latency against that of another.
    var spread = 0.04
    /// Cores of two that the machine used.
    var machine = 0.4
    var runs = 0
    static let experiment = definition(.ramp([LoadStage(users: 100, spawnRate: 1e6, hold: 20)]))

    static func definition(_ shape: LoadShape, cpus: Double = 0.25) -> Experiment {
        Experiment(
            name: "e", question: nil, title: LocalizedText(english: "e", french: "e"),
            stack: StackDefinition(
                backend: .mysql, replicas: 1, balancers: [.none], storeCPUs: cpus, dataset: .course),
            load: LoadDefinition(
                tasks: [LoadTask(name: "t", weight: 1, method: .get, path: "/", expect: Check())],
                thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: shape),
            criteria: [], sourceFile: "e.yaml")
    }

    mutating func measurement(factor: Double = 1, repetition: Int? = nil) -> RecordedMeasurement {
        let level = factor * exp(spread * noise.normal())
        var last = 0.0
        let samples = (0..<20).map { index -> SecondSample in
            last = correlation * last + 0.1 * noise.normal()
            var counts: [Int: Int] = [:]
            for _ in 0..<50 {
                counts[Int(20_000 * level * exp(last) * (0.4 + 1.2 * noise.uniform())), default: 0] += 1
            }
            let latencies = Distribution(
                ascending: counts.sorted { $0.key < $1.key }.map { .init(microseconds: $0.key, count: $0.value) })
            return SecondSample(
                second: index, users: 100, inFlight: 1, tasks: [TaskSecond(started: 50, succeeded: latencies)])
        }
        var measurement = Measurement(variant: nil, repetition: repetition, stackKind: "local", began: 0)
        measurement.outcome = .measured
        measurement.usage = (1...20).map { UsageSample(time: Double($0), cores: ["machine": machine], memory: [:]) }
        measurement.steps = [
            LoadStep(users: 100, purpose: .stage, rampBegan: 0, plateauBegan: 0, plateauEnded: 20, passed: true)
        ]
        return RecordedMeasurement(measurement: measurement, samples: samples)
    }

    mutating func run(
        factor: Double = 1, times: Int = 1, cpus: Double = 0.25
    ) -> RecordedRun {
        var experiment = Self.experiment
        experiment.stack.storeCPUs = cpus
        runs += 1
        return recordedRun(
            experiment, (1...times).map { measurement(factor: factor, repetition: $0 == 1 ? nil : $0) }, id: "\(runs)")
    }
}

private func recordedRun(_ experiment: Experiment, _ times: [RecordedMeasurement], id: String) -> RecordedRun {
    RecordedRun(
        manifest: RunManifest(
            id: id, version: "1", commit: nil, began: 0, quick: false,
            host: Host(system: "s", kernel: "k", processor: "p", cores: 2, memory: 1, openFiles: 1),
            experiments: [experiment], repeats: times.count == 1 ? nil : times.count),
        experiments: [
            RecordedExperiment(
                experiment: experiment, folder: "01-e", measurements: [times[0]],
                repetitions: times.dropFirst().map { [$0] })
        ])
}

@Suite(.timed) struct RunComparisonTests {
    /// Of runs; in the full tests more. They are the same each time.
    private static let pairs = Tier.isFull ? 60 : 30
    /// One in twenty, rounded up.
    private static let mostAlarms = (pairs + 19) / 20

    /// Out of pairs of runs that differ by nothing but chance.
    private func falseAlarms(correlation: Double, spread: Double, times: Int = 1) -> Int {
        var plateaus = Plateaus(noise: Noise(state: 11), correlation: correlation, spread: spread)
        return (0..<Self.pairs).count { _ in
            !RunComparison(of: plateaus.run(times: times), against: plateaus.run(times: times)).differing.isEmpty
        }
    }

    @Test(arguments: [0.0, 0.6, 0.85]) func twoRunsOfTheSameDoNotDiffer(correlation: Double) {
        #expect(falseAlarms(correlation: correlation, spread: 0.1) <= Self.mostAlarms)
    }

    @Test func repeatedRunsOfTheSameDoNotDifferEvenWhereTheySpreadWidely() {
        #expect(falseAlarms(correlation: 0.6, spread: 0.25, times: 3) <= Self.mostAlarms)
    }

    @Test func twiceTheLatencyIsFoundInSingleRunsAndHalfInRepeatedOnes() {
        var plateaus = Plateaus(noise: Noise(state: 23), spread: 0.03)
        let single = (0..<20).count { _ in
            let found = RunComparison(of: plateaus.run(factor: 2), against: plateaus.run())
            return found.differing.contains { $0.quantity.kind == .mean && $0.effect.verdict == .worse }
        }
        #expect(single >= 18)
        let repeated = (0..<20).count { _ in
            !RunComparison(of: plateaus.run(factor: 0.5, times: 4), against: plateaus.run(times: 4)).differing.isEmpty
        }
        #expect(repeated >= 18)
    }

    @Test func nearItsLimitALatencyOfSingleRunsShowsNothing() {
        var plateaus = Plateaus(noise: Noise(state: 23), spread: 0, machine: 1.9)
        let found = RunComparison(of: plateaus.run(factor: 5), against: plateaus.run())
        #expect(found.differing.isEmpty)
        plateaus.machine = 0.4
        #expect(!RunComparison(of: plateaus.run(factor: 5), against: plateaus.run()).differing.isEmpty)
    }

    @Test func whatOthersTookOfTheMachineIsAllowedForAndTold() {
        var plateaus = Plateaus(noise: Noise(state: 23), spread: 0)
        let a = plateaus.run()
        var b = plateaus.run(factor: 2)
        #expect(!RunComparison(of: b, against: a).differing.isEmpty)
        for index in 0..<20 {
            b.experiments[0].measurements[0].measurement.usage[index].cores = ["machine": 1.9, "generator": 0.4]
        }
        let disturbed = RunComparison(of: b, against: a)
        #expect(disturbed.differing.isEmpty)
        #expect(disturbed.differences.map(\.place) == ["machine used by other programs"])
    }

    /// All repeats of a run are alike, and those of the next are others: the machine has become slower in between.
    @Test func whatDriftsFromRunToRunIsNoDifference() {
        var plateaus = Plateaus(noise: Noise(state: 31), spread: 0.03)
        var drift = Noise(state: 5)
        let alarms = (0..<Self.pairs).count { _ in
            let (a, b) = (exp(0.08 * drift.normal()), exp(0.08 * drift.normal()))
            return !RunComparison(
                of: plateaus.run(factor: b, times: 3), against: plateaus.run(factor: a, times: 3)
            ).differing.isEmpty
        }
        #expect(alarms <= Self.mostAlarms)
    }

    @Test func twoExperimentsOfOneRunAreComparedByWhatTheyShow() throws {
        var plateaus = Plateaus(noise: Noise(state: 23), spread: 0.03)
        var run = plateaus.run(times: 4)
        var slower = plateaus.run(factor: 1.35, times: 4).experiments[0]
        slower.experiment.name = "slower"
        run.experiments.append(slower)
        let (a, b) = (try run.reduced(toExperiment: "e"), try run.reduced(toExperiment: "slower"))
        let found = RunComparison(of: b, against: a)
        #expect(found.inTurns && found.differing.contains { $0.quantity.kind == .mean && $0.other == "slower" })
        var other = b
        other.manifest.id = "another"
        #expect(!RunComparison(of: other, against: a).inTurns)
        #expect(throws: Problem.self) { try run.reduced(toExperiment: "none") }
    }

    /// Half of the requests are fast and half were stopped by a CPU limit; a few more or fewer throw the median from one to
    /// the other, and that is no difference.
    @Test func aMedianBetweenTwoKindsOfRequestsShowsNothing() throws {
        var plateaus = Plateaus(noise: Noise(state: 7), spread: 0)
        func run(fast: Int) throws -> RecordedRun {
            var run = plateaus.run()
            for second in 0..<20 {
                run.experiments[0].measurements[0].samples[second].tasks = [
                    TaskSecond(
                        started: 100,
                        succeeded: Distribution(
                            ascending: [
                                .init(microseconds: 2000 + second, count: fast),
                                .init(microseconds: 16_000 + second, count: 100 - fast),
                            ]))
                ]
            }
            return run
        }
        let (a, b) = (try run(fast: 52), try run(fast: 48))
        let row = try #require(RunComparison(of: b, against: a).rows.first { $0.quantity.kind == .p50 })
        #expect(row.effect.estimate > 7 && row.effect.verdict == .noDifferenceShown)
        #expect(
            RunComparison(of: try run(fast: 20), against: try run(fast: 80)).differing.contains {
                $0.quantity.kind == .p50
            })
    }

    @Test func whatCanNotDifferCostsTheOthersNothing() {
        var plateaus = Plateaus(noise: Noise(state: 2))
        let found = RunComparison(of: plateaus.run(), against: plateaus.run())
        // The answers per second are the same in both, and so are the errors.
        #expect(found.rows.count == 5 && found.family == 3)
        let error = found.rows.first { $0.quantity.kind == .errorRate }?.effect
        #expect(error?.estimate == 0 && error?.verdict == .noDifferenceShown)
    }

    @Test func anotherLoadIsNamed() {
        var plateaus = Plateaus(noise: Noise(state: 2))
        let a = plateaus.run()
        var b = plateaus.run(cpus: 0.2)
        b.experiments[0].experiment.load.seed = 99
        #expect(RunComparison(of: b, against: a).ofOtherLoad.isEmpty)
        b.experiments[0].experiment.load.tasks[0].weight = 5
        #expect(RunComparison(of: b, against: a).ofOtherLoad == ["e"])
    }

    @Test func theSameRecordsGiveTheSameFigures() {
        func rows() -> [Effect] {
            var plateaus = Plateaus(noise: Noise(state: 2))
            return RunComparison(of: plateaus.run(), against: plateaus.run()).rows.map(\.effect)
        }
        #expect(rows() == rows())
        #expect(rows().count == 5)
    }

    @Test func whatElseDiffersIsListed() {
        var plateaus = Plateaus(noise: Noise(state: 2))
        let a = plateaus.run()
        var b = plateaus.run(cpus: 0.2)
        b.manifest.host.cores = 4
        let found = RunComparison(of: b, against: a)
        #expect(
            found.differences.map { [$0.experiment ?? "run", $0.place, $0.a ?? "-", $0.b ?? "-"] }
                == [["run", "host.cores", "2", "4"], ["e", "stack.store.cpus", "0.25", "0.2"]])
        #expect(RunComparison(of: a, against: a).differences.isEmpty)
    }

    @Test func anExperimentWithoutCounterpartIsNamed() {
        var plateaus = Plateaus(noise: Noise(state: 2))
        let a = plateaus.run()
        var b = plateaus.run()
        b.experiments[0].measurements[0].measurement.outcome = .interrupted
        let found = RunComparison(of: b, against: a)
        #expect(found.rows.isEmpty)
        #expect(found.unmatched.map(\.experiment) == ["e", "e"])
    }
}

@Suite(.timed) struct EffectTests {
    private func limit(_ passed: Int, _ failed: Int) -> Figure {
        let width = log(Double(failed) / Double(passed))
        return Figure((Double(passed) * Double(failed)).squareRoot(), variance: width * width / 12)
    }

    private func effect(_ b: [Figure], _ a: [Figure], inTurns: Bool = false) throws -> Effect {
        try #require(Effect(Quantity(.limit), of: b, against: a, family: 1, inTurns: inTurns))
    }

    @Test func twiceTheUsersAreBetterAndHalfOfThemWorse() throws {
        let up = try effect([limit(200, 220)], [limit(100, 110)])
        #expect(up.verdict == .better && abs(up.estimate - 2) < 0.01)
        #expect(try effect([limit(100, 110)], [limit(200, 220)]).verdict == .worse)
    }

    @Test func aTenthMoreUsersInOneRunOfEachIsNoDifference() throws {
        let found = try effect([limit(110, 120)], [limit(100, 110)])
        #expect(found.verdict == .noDifferenceShown)
        #expect(try #require(found.lower) < 1 && #require(found.upper) > 1)
    }

    @Test func aFifthLessIsFoundInSearchesThatTookTurns() throws {
        let a = [limit(780, 850), limit(800, 872), limit(820, 890)]
        let b = [limit(630, 690), limit(650, 700), limit(620, 680)]
        let found = try effect(b, a, inTurns: true)
        #expect(found.isRepeated && found.showsAFifth && found.verdict == .worse)
        #expect(abs(found.estimate - 0.79) < 0.03)
        // Of two runs it may be what drifted from one to the other.
        let apart = try effect(b, a)
        #expect(apart.estimate == found.estimate && apart.verdict == .noDifferenceShown && !apart.showsAFifth)
    }

    @Test func howManyRepeatsShowAFifthIsToldByTheSpread() throws {
        let calm = try effect([limit(100, 101), limit(102, 103)], [limit(101, 102), limit(100, 101)])
        #expect(calm.repeatsForAFifth == 2)
        let wild = try effect([limit(100, 101), limit(130, 131)], [limit(95, 96), limit(125, 126)])
        let count = try #require(wild.repeatsForAFifth)
        #expect((6...30).contains(count))
        #expect(try effect([limit(100, 110)], [limit(100, 110)]).repeatsForAFifth == nil)
    }

    @Test func whatIsNotBoundedStaysOpen() throws {
        let endless = Figure(400, variance: 0, bound: .atLeast)
        let up = try effect([endless], [limit(100, 110)])
        #expect(up.verdict == .better && up.upper == nil && up.boundOfB == .atLeast && up.boundOfA == .exact)
        let down = try effect([limit(100, 110)], [endless])
        #expect(down.verdict == .worse && down.lower == nil)
        #expect(try effect([endless], [Figure(90, variance: 0, bound: .atLeast)]).verdict == .noDifferenceShown)
        #expect(try effect([Figure(1, variance: 0, bound: .atMost)], [limit(5, 6)]).verdict == .worse)
    }

    @Test func errorRatesAreComparedByWhatIsAdded() throws {
        let none = Figure(0, variance: 0, allowance: RunSpread.errorRate)
        let some = Figure(0.05, variance: 0.000_001, freedom: 9, allowance: RunSpread.errorRate)
        let found = try #require(Effect(Quantity(.errorRate), of: [some], against: [none], family: 1))
        #expect(found.verdict == .worse && abs(found.estimate - 0.05) < 1e-12)
        #expect(Effect(Quantity(.mean), of: [none], against: [some], family: 1) == nil)
    }

    /// Two runs beside programs that took most of the machine, and repeats that have nothing in common.
    @Test(arguments: [
        [Figure(0.02, variance: 0.000_1, freedom: 9, allowance: 0.9), Figure(0.03, variance: 0.000_1, allowance: 0.9)],
        [Figure(0, variance: 0, allowance: 3), Figure(1, variance: 0, allowance: 3)],
        [Figure(0.4, variance: 0, allowance: 0), Figure(0.9, variance: 0, allowance: 0.05)],
    ])
    func anIntervalOfErrorRatesStaysWithinWhatIsPossible(pair: [Figure]) throws {
        for sides in [pair, pair.reversed()] {
            let found = try #require(Effect(Quantity(.errorRate), of: [sides[1]], against: [sides[0]], family: 30))
            let (lower, upper) = (try #require(found.lower), try #require(found.upper))
            #expect(-1 <= lower && lower <= found.estimate && found.estimate <= upper && upper <= 1)
        }
        let none = Figure(0, variance: 0)
        let repeated = try #require(
            Effect(Quantity(.errorRate), of: [none, pair[1]], against: [none, none], family: 30))
        #expect(try #require(repeated.lower) >= -1 && #require(repeated.upper) <= 1)
    }

    @Test func squaresAreAddedWhereNoShareIsAtItsEnd() {
        let plain = ShareDifference(of: 0.5, reach: 0.3, against: 0.4, reach: 0.4).bounds
        #expect(abs(plain.lower + 0.4) < 1e-12 && abs(plain.upper - 0.6) < 1e-12)
        // 0.02 may be no less than 0, and 0.9 no more than 1.
        let cut = ShareDifference(of: 0.9, reach: 0.3, against: 0.02, reach: 0.4).bounds
        #expect(abs(cut.lower - (0.88 - 0.5)) < 1e-12)
        #expect(abs(cut.upper - (0.88 + (0.1 * 0.1 + 0.02 * 0.02).squareRoot())) < 1e-12)
    }

    @Test func repeatedSharesHaveAnIntervalWithinNothingAndAll() throws {
        let rates = [0.0, 0.9, 0.02].map { Figure($0, variance: 0) }
        let repeated = try #require(Repeated(Quantity(.errorRate), rates))
        #expect(repeated.lower == 0 && repeated.upper == 1)
    }

    @Test func repeatedFiguresHaveAMeanWithItsInterval() throws {
        let repeated = try #require(Repeated(Quantity(.limit), [limit(100, 100), limit(110, 110), limit(121, 121)]))
        #expect(abs(repeated.mean - 110) < 0.001)
        #expect(repeated.lower < 100 && repeated.upper > 121)
        #expect(Repeated(Quantity(.limit), [limit(1, 2)]) == nil)
        #expect(Repeated(Quantity(.limit), [limit(8, 9), limit(8, 9)]) == nil)
    }
}
