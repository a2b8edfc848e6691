import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct LimitAnswerTests {
    private let plan = LimitSearchPlan(from: 50, to: 400, hold: 5, precision: 0.05)

    private func judged(_ trials: [(Int, Bool)]) -> [JudgedStep] {
        let experiment = experiment()
        var recorded = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "local", began: 0), samples: [])
        for (users, passes) in trials {
            let began = recorded.samples.count
            for index in 0..<5 { recorded.samples.append(second(began + index, task(50, failed: passes ? 0 : 50))) }
            // What the run noted is wrong on purpose: the samples decide.
            recorded.measurement.steps.append(
                LoadStep(
                    users: users, purpose: .climb, rampBegan: Double(began), plateauBegan: began,
                    plateauEnded: began + 5, passed: !passes))
        }
        return recorded.judgedSteps(of: experiment)
    }

    private func experiment() -> Experiment {
        Experiment(
            name: "x", question: nil, title: LocalizedText(english: "", french: ""),
            stack: StackDefinition(backend: .mysql, replicas: 1, balancers: [.none], storeCPUs: nil, dataset: .course),
            load: LoadDefinition(
                tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: .init())],
                thinkTime: ThinkTime(minimum: 1, maximum: 1), shape: .findLimit(plan)),
            criteria: [errors(0.01)], sourceFile: "x.yaml")
    }

    private func answer(_ trials: [(Int, Bool)], peak: Double = 0.1) -> LimitAnswer {
        LimitAnswer(
            steps: judged(trials), plan: plan,
            generator: GeneratorReport(
                threads: 1, cpuSeconds: 1, seconds: 1, peakThreadCPU: peak, lag: Distribution()))
    }

    @Test func theSamplesDecideAndNotWhatTheRunNoted() {
        let found = answer([(50, true), (100, true), (200, false), (141, false), (119, true), (124, false)])
        #expect(found.verdict == .interval(passed: 119, failed: 124))
        #expect(found.failing?.breach?.value == 0.5)
        #expect(found.passing?.step.users == 119)
        #expect(found.reachedPrecision)
        #expect(!found.confirmed)
    }

    @Test func boundsMeasuredTwiceAreConfirmed() {
        let found = answer([(100, true), (104, false), (100, true), (104, false)])
        #expect(found.confirmed)
    }

    /// Once held and once broke: no bound of the answer.
    @Test func measurementsThatDisagreeAreNoBound() {
        let found = answer([(50, true), (100, true), (104, false), (100, false)])
        #expect(found.verdict == .interval(passed: 50, failed: 104))
        #expect(!found.reachedPrecision && !found.confirmed)
        #expect(found.contradictions == [100])
    }

    @Test func verdictsAtTheEnds() {
        #expect(answer([(200, true), (400, true)]).verdict == .neverFailed(atLeast: 400))
        #expect(answer([(50, false), (25, false), (1, false)]).verdict == .failsAtOneUser)
        #expect(answer([(50, false)]).verdict == .failsFrom(50))
        #expect(answer([]).verdict == .notMeasured)
    }

    @Test func aBusyGeneratorIsNamed() {
        #expect(answer([(50, true), (51, false)], peak: 0.95).generatorLimited)
        #expect(!answer([(50, true), (51, false)], peak: 0.9).generatorLimited)
    }

    /// Who is late asks for less, and the application answered even that with errors; a timeout may be the generator's own.
    @Test(arguments: [(FailureKind.status(503), false), (.refused, false), (.timeout, true), (.exhausted, true)])
    func errorsThatWereAnsweredAreTheApplications(kind: FailureKind, isLimited: Bool) throws {
        var steps = judged([(50, true), (51, false)])
        for index in steps.indices { steps[index].validity = Validity(limited: [.lateStarts(p95: 0.2)]) }
        steps[1].summary?.all.failures = [FailureCount(kind: kind, count: 250)]
        let found = LimitAnswer(steps: steps, plan: plan, generator: nil)
        #expect(found.generatorLimited == isLimited)
    }

    @Test func aStepWithoutSamplesKeepsWhatTheRunNoted() {
        var recorded = RecordedMeasurement(
            measurement: Measurement(variant: nil, stackKind: "local", began: 0), samples: [])
        recorded.measurement.steps = [
            LoadStep(users: 9, purpose: .climb, rampBegan: 0, plateauBegan: 0, plateauEnded: 0, passed: false)
        ]
        let steps = recorded.judgedSteps(of: experiment())
        #expect(steps[0].summary == nil)
        #expect(!steps[0].passed)
    }
}
