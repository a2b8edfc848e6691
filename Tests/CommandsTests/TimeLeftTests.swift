import Commands
import Experiments
import Model
import TestSupport
import Testing

/// How long a run still takes, from its events at pretended times.
@Suite(.timed) struct TimeLeftTests {
    private static let experiment = Experiment(
        name: "own", question: nil, title: LocalizedText(english: "", french: ""),
        stack: StackDefinition(
            subject: .project(OwnProject(file: "/p/compose.yaml", service: "web", port: 80)), backend: .mysql,
            replicas: 1,
            balancers: [.none], storeCPUs: nil, dataset: .course),
        load: LoadDefinition(
            tasks: [LoadTask(name: "a", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 1),
            shape: .findLimit(LimitSearchPlan(from: 10, to: 1000, hold: 10, precision: 0.1))),
        criteria: [], sourceFile: "own.yaml")

    private func entry(_ experiment: Experiment) -> RunPlan.Entry {
        RunPlan.Entry(
            name: MeasurementName(number: 1, experiment: experiment.name), title: experiment.title,
            time: RunPlan.Estimate(experiment), tasks: ["a"], criteria: [], shape: experiment.load.shape)
    }

    private func begun(_ entry: RunPlan.Entry) -> TimeLeft {
        var left = TimeLeft()
        let plan = RunPlan(run: nil, folder: nil, isQuick: false, stack: nil, entries: [entry])
        left.apply(.planned(plan), at: 0)
        left.apply(.measurementBegan, at: 0)
        return left
    }

    private func second(_ activity: LoadActivity) -> RunHappening {
        .second(
            RunSecond(
                second: 0, activity: activity, users: 1, targetUsers: 1, inFlight: 0, all: RunSecond.Requests(ended: 1))
        )
    }

    private static let step = LoadStep(
        users: 10, purpose: .climb, rampBegan: 0, plateauBegan: 0, plateauEnded: 5, passed: true)

    @Test func whatWasMeasuredTakesThePlaceOfWhatWasPlanned() {
        let entry = entry(Self.experiment)
        #expect(TimeLeft().seconds(of: entry) == Self.experiment.usualBringUp + Self.experiment.loadSeconds())
        var left = begun(entry)
        let planned = left.seconds(of: entry)
        left.apply(.phaseBegan(.stackUp), at: 0)
        #expect(left.seconds(inCurrent: entry, at: 0) == planned)
        // The load is not yet being waited for, however long the bring-up takes.
        #expect(left.seconds(inCurrent: entry, at: 500) > 0)
        left.apply(.phaseBegan(.preflight), at: 90)
        left.apply(.phaseBegan(.load), at: 91)
        let before = left.seconds(inCurrent: entry, at: 100)
        left.apply(.stepEnded(StepDecision(step: Self.step, verdicts: [])), at: 100)
        left.apply(second(.drain), at: 101)
        left.apply(second(.ramp), at: 140)
        // Each of the steps to come is expected to wait 40 s too.
        #expect(left.seconds(inCurrent: entry, at: 100) > before + 5 * 30)
        #expect(left.seconds(of: entry) > planned + 60)
    }

    @Test func stagesFollowEachOtherWithoutAPause() {
        var ramp = Self.experiment
        ramp.load.shape = .ramp([LoadStage(users: 10, spawnRate: 10, hold: 10)])
        let entry = entry(ramp)
        var left = begun(entry)
        left.apply(.phaseBegan(.load), at: 0)
        let before = left.seconds(inCurrent: entry, at: 10)
        left.apply(.stepEnded(StepDecision(step: Self.step, verdicts: [])), at: 10)
        left.apply(second(.ramp), at: 50)
        #expect(left.seconds(inCurrent: entry, at: 10) == before)
    }
}

extension TimeLeft {
    fileprivate mutating func apply(_ happening: RunHappening, at time: UnixTime) {
        apply(
            RunEvent(
                number: 1, time: time, measurement: MeasurementName(number: 1, experiment: "own"), happening: happening)
        )
    }
}
