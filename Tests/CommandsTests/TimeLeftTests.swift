import Commands
import Model
import Orchestrator
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
        limits: [], sourceFile: "own.yaml")

    private func status(_ activity: LoadStatus.Activity) -> ProgressEvent {
        .second(
            LoadStatus(
                second: 0, activity: activity, users: 1, targetUsers: 1, requestsPerSecond: 1, p95: nil, errorRate: 0))
    }

    private static let step = LoadStep(
        users: 10, purpose: .climb, rampBegan: 0, plateauBegan: 0, plateauEnded: 5, passed: true)

    @Test func whatWasMeasuredTakesThePlaceOfWhatWasPlanned() {
        let experiment = Self.experiment
        var left = TimeLeft()
        let planned = left.seconds(of: experiment)
        left.apply(.measurementBegan(experiment: experiment, variant: nil, number: 1, of: 2), at: 0)
        left.apply(.phaseBegan(.stackUp), at: 0)
        #expect(left.seconds(inCurrent: experiment, at: 0) == planned)
        // The load is not yet being waited for, however long the bring-up takes.
        #expect(left.seconds(inCurrent: experiment, at: 500) > 0)
        left.apply(.phaseBegan(.preflight), at: 90)
        left.apply(.phaseBegan(.load), at: 91)
        let before = left.seconds(inCurrent: experiment, at: 100)
        left.apply(.stepEnded(Self.step), at: 100)
        left.apply(status(.drain), at: 101)
        left.apply(status(.ramp), at: 140)
        // Each of the steps to come is expected to wait 40 s too.
        #expect(left.seconds(inCurrent: experiment, at: 100) > before + 5 * 30)
        #expect(left.seconds(of: experiment) > planned + 60)
    }

    @Test func stagesFollowEachOtherWithoutAPause() {
        var ramp = Self.experiment
        ramp.load.shape = .ramp([LoadStage(users: 10, spawnRate: 10, hold: 10)])
        var left = TimeLeft()
        left.apply(.measurementBegan(experiment: ramp, variant: nil, number: 1, of: 1), at: 0)
        left.apply(.phaseBegan(.load), at: 0)
        let before = left.seconds(inCurrent: ramp, at: 10)
        left.apply(.stepEnded(Self.step), at: 10)
        left.apply(status(.ramp), at: 50)
        #expect(left.seconds(inCurrent: ramp, at: 10) == before)
    }
}
