import Model
import Orchestrator
import TestSupport
import Testing

/// A pretended application: answers in 10 ms up to its capacity, fails above it. Each user asks ten times a second.
private struct Application {
    var capacity: Int
    var users = 0
    var second = 0

    /// The sample of the next second.
    mutating func next() -> SecondSample {
        defer { second += 1 }
        let requests = Distribution(ascending: [.init(microseconds: 10_000, count: 10 * max(users, 1))])
        let task =
            users <= capacity
            ? TaskSecond(started: users, succeeded: requests)
            : TaskSecond(started: users, failed: requests, failures: [.timeout: requests.count])
        return SecondSample(second: second, users: users, inFlight: 0, tasks: [task])
    }
}

@Suite(.timed) struct LoadConductorTests {
    static let limits = [
        Criterion(metric: .errorRate, threshold: 0.01, window: 2, text: "error_rate > 1% for 2s"),
        Criterion(metric: .p95, threshold: 0.5, window: 2, text: "p95 > 500ms for 2s"),
    ]

    static func load(_ shape: LoadShape) -> LoadDefinition {
        LoadDefinition(
            tasks: [LoadTask(name: "read", weight: 1, method: .get, path: "/", expect: Check())],
            thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: shape)
    }

    /// Drives the conductor until it is done, or for at most `bound` seconds. Users come and go at once.
    /// - Returns: how often the data set was to be restored.
    private static func drive(
        _ conductor: inout LoadConductor, _ application: inout Application, bound: Int = 2000
    ) -> Int {
        var restorations = 0
        var action = conductor.begin()
        for _ in 0..<bound {
            if action == .restore {
                #expect(application.users == 0)
                restorations += 1
                action = conductor.restored(after: 0.5)
            }
            switch action {
            case .proceed, .restore, .regroup, .setRate: break
            case .setUsers(let users, let rate, let thinkingFirst):
                #expect(rate > 0 && (thinkingFirst || users == 0))
                application.users = users
            case .finished: return restorations
            }
            action = conductor.observe(application.next())
        }
        Issue.record("the conductor did not finish")
        return restorations
    }

    @Test func aStageHoldsItsPlateauAfterRampAndSettling() {
        var conductor = LoadConductor(
            load: Self.load(.ramp([LoadStage(users: 100, spawnRate: 1, hold: 60)])), criteria: Self.limits)
        #expect(conductor.begin() == .setUsers(100, ratePerSecond: 1))
        var last = LoadConductor.Action.proceed
        var second = 0
        while last == .proceed, second < 1000 {
            let users = min(100, second + 1)
            let requests = Distribution(ascending: [.init(microseconds: 10_000, count: users)])
            last = conductor.observe(
                SecondSample(
                    second: second, users: users, inFlight: 0,
                    tasks: [TaskSecond(started: users, succeeded: requests)]))
            second += 1
        }
        #expect(last == .finished)
        #expect(
            conductor.steps == [
                LoadStep(
                    users: 100, purpose: .stage, rampBegan: 0, plateauBegan: 103, plateauEnded: 163, passed: true)
            ])
    }

    @Test(arguments: [1, 7, 180, 999, 5000])
    func aSearchBracketsTheTrueLimit(capacity: Int) throws {
        let plan = LimitSearchPlan(from: 25, to: 20_000, hold: 10, precision: 0.1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        var application = Application(capacity: capacity)
        _ = Self.drive(&conductor, &application)
        let passed = try #require(conductor.steps.filter(\.passed).map(\.users).max())
        let failed = try #require(conductor.steps.filter { !$0.passed }.map(\.users).min())
        #expect(passed <= capacity)
        #expect(failed > capacity)
        #expect(failed - passed <= max(1, passed / 5))
        for bound in [passed, failed] {
            #expect(conductor.steps.count { $0.users == bound && $0.purpose == .trial } >= 2)
        }
    }

    @Test func plateausNeverHoldASecondOfTheRamp() {
        let plan = LimitSearchPlan(from: 25, to: 20_000, hold: 10, precision: 0.1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        var application = Application(capacity: 180)
        _ = Self.drive(&conductor, &application)
        for step in conductor.steps {
            #expect(Double(step.plateauBegan) >= step.rampBegan + (step.purpose == .climb ? 1 : 2))
            let length = step.purpose == .trial ? 10 : 2
            #expect(step.plateauEnded - step.plateauBegan == length)
        }
    }

    @Test func aStepOfTheClimbThatIsFarBeyondEndsEarlyAndATrialDoesNot() {
        let limits = [Criterion(metric: .errorRate, threshold: 0.01, window: 5, text: "error_rate > 1% for 5s")]
        let plan = LimitSearchPlan(from: 100, to: 20_000, hold: 10, precision: 0.1, factor: 4)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: limits)
        var application = Application(capacity: 180)
        _ = Self.drive(&conductor, &application)
        for step in conductor.steps where !step.passed {
            #expect(step.plateauEnded - step.plateauBegan == (step.purpose == .climb ? 2 : 10))
        }
        // Without trials the answer rests on every step.
        let plain = LimitSearchPlan(from: 100, to: 20_000, hold: 10, precision: 0.1, factor: 4, confirm: false)
        conductor = LoadConductor(load: Self.load(.findLimit(plain)), criteria: limits)
        application = Application(capacity: 180)
        _ = Self.drive(&conductor, &application)
        #expect(conductor.steps.allSatisfy { $0.plateauEnded - $0.plateauBegan == ($0.passed ? 10 : 5) })
    }

    @Test(arguments: [0, 0.02, 0.5, 0.97, 1.4])
    func withoutThinkTimeUsersAreThereShortlyBeforeASecondEnds(restoring: Seconds) throws {
        let plan = LimitSearchPlan(from: 100, to: 400, hold: 10, precision: 0.1)
        var load = Self.load(.findLimit(plan))
        load.thinkTime = ThinkTime(minimum: 0, maximum: 0)
        var conductor = LoadConductor(load: load, criteria: Self.limits)
        _ = conductor.begin()
        guard case .setUsers(100, let rate, _) = conductor.restored(after: restoring) else {
            Issue.record("no users are to come")
            return
        }
        let end = restoring + 100 / rate
        #expect(100 / rate >= 0.5 && 100 / rate < 1.5)
        #expect(end.rounded(.up) - end > 0.04 && end.rounded(.up) - end < 0.06)
    }

    /// On a busy machine seconds wait to be observed, while the step that they belong to is over and the data set is restored.
    @Test func secondsOfTheStepBeforeBelongToNoPlateau() throws {
        let plan = LimitSearchPlan(from: 8, to: 8, hold: 4, precision: 0.1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        var application = Application(capacity: 180)
        _ = conductor.begin()
        application.users = 8
        while conductor.steps.isEmpty { _ = conductor.observe(application.next()) }
        let ended = conductor.steps[0].plateauEnded
        // Nobody is left, and it is known before that second is observed.
        _ = conductor.restored(after: 20)
        for _ in 0..<3 { #expect(conductor.observe(application.next()) == .proceed) }
        #expect(conductor.activity == .ramp)
        application.second = ended + 20
        while conductor.steps.count == 1 { _ = conductor.observe(application.next()) }
        #expect(conductor.steps[1].plateauBegan >= ended + 20)
    }

    @Test func everyStepOfASearchBeginsWithTheSameData() {
        let plan = LimitSearchPlan(from: 25, to: 20_000, hold: 10, precision: 0.1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        var application = Application(capacity: 180)
        let restorations = Self.drive(&conductor, &application)
        #expect(restorations == conductor.steps.count - 1)
    }

    @Test func aBacklogThatDoesNotDrainDoesNotStopTheSearch() {
        let plan = LimitSearchPlan(from: 10, to: 100, hold: 3, precision: 1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        _ = conductor.begin()
        let stuck = { second in SecondSample(second: second, users: 10, inFlight: 10, tasks: [TaskSecond()]) }
        let actions = (0..<40).map { conductor.observe(stuck($0)) }
        #expect(actions.contains(.setUsers(0, ratePerSecond: .infinity)))
        #expect(actions.contains(.restore))
    }

    @Test func aSearchThatNeverFailsEndsAtItsBound() {
        let plan = LimitSearchPlan(from: 25, to: 400, hold: 10, precision: 0.1)
        var conductor = LoadConductor(load: Self.load(.findLimit(plan)), criteria: Self.limits)
        var application = Application(capacity: .max)
        _ = Self.drive(&conductor, &application)
        #expect(conductor.steps.filter { !$0.passed }.isEmpty)
        #expect(conductor.steps.map(\.users).max() == 400)
    }

    /// Of a p95 59 requests are needed, and of an error rate 20.
    @Test(arguments: [(20, 10), (5, 12), (1, 40)])
    func aPlateauWithFewRequestsIsHeldLonger(perSecond: Int, lasts: Int) {
        var conductor = LoadConductor(
            load: Self.load(.ramp([LoadStage(users: 1, spawnRate: .infinity, hold: 10)])), criteria: Self.limits)
        _ = conductor.begin()
        let requests = Distribution(ascending: [.init(microseconds: 10_000, count: perSecond)])
        for second in 0..<100 {
            let sample = SecondSample(
                second: second, users: 1, inFlight: 0,
                tasks: [TaskSecond(succeeded: requests)],
                generator: GeneratorSecond(loops: [], due: 0, sent: 0, waiting: 0, lag: Distribution(), connections: 1))
            if conductor.observe(sample) == .finished { break }
        }
        let step = conductor.steps.first
        #expect(step.map { $0.plateauEnded - $0.plateauBegan } == lasts)
        #expect(step?.passed == (lasts < 40))
        let reason = Validity.Reason.undecided(criterion: "p95 > 500ms for 2s", needed: 59, had: 40)
        #expect(step?.validity?.reasons.contains(reason) == (lasts == 40))
    }

    @Test func usersThatDoNotArriveDoNotStopTheLoad() {
        var conductor = LoadConductor(
            load: Self.load(.ramp([LoadStage(users: 10, spawnRate: 10, hold: 5)])), criteria: Self.limits)
        _ = conductor.begin()
        var second = 0
        while second < 100 {
            let sample = SecondSample(second: second, users: 3, inFlight: 3, tasks: [TaskSecond()])
            if conductor.observe(sample) == .finished { break }
            second += 1
        }
        #expect(conductor.steps.count == 1)
        #expect(conductor.steps.first?.passed == false)
    }

    @Test func ratesAreReachedThenHeldOneAfterTheOther() {
        let stages = [RateStage(perSecond: 100, ramp: 3, hold: 4), RateStage(perSecond: 250, hold: 2)]
        var conductor = LoadConductor(
            load: Self.load(.rate(stages, arrivals: .constant)), criteria: Self.limits)
        var actions = [conductor.begin()]
        for second in 0..<9 {
            actions.append(
                conductor.observe(SecondSample(second: second, users: 7, inFlight: 1, tasks: [TaskSecond()])))
        }
        #expect(actions.first == .setRate(100, over: 3))
        #expect(actions.firstIndex(of: .setRate(250, over: 0)) == 7)
        #expect(conductor.steps.first?.plateauBegan == 3 && conductor.steps.first?.plateauEnded == 7)
        #expect(conductor.steps.first?.level == .arrivals(perSecond: 100) && conductor.steps.first?.users == 0)
    }
}
