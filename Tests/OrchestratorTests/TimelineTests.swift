import Foundation
import Model
import Orchestrator
import Results
import Synchronization
import TestSupport
import Testing

@Suite(.timed) struct TimelineTests {
    private static let name = MeasurementName(number: 1, experiment: "limit")

    private static let plan = RunPlan(
        run: "r", folder: "/r", isQuick: false, stack: nil,
        entries: [
            RunPlan.Entry(
                name: name, title: LocalizedText(english: "Limit", french: "Limite"),
                time: RunPlan.Estimate(bringUp: 10, load: 90),
                tasks: ["a", "b"],
                criteria: [], shape: .ramp([]))
        ])

    private static func second(_ second: Int, ended: Int = 10, failed: Int = 1, p95: Seconds = 0.1) -> RunSecond {
        let all = RunSecond.Requests(ended: ended, failures: [.timeout: failed], p95: p95)
        return RunSecond(
            second: second, activity: .hold, users: second, targetUsers: 9, inFlight: 0, all: all,
            tasks: [all, RunSecond.Requests(ended: 0)])
    }

    private func timeline() throws -> Timeline {
        let timeline = Timeline()
        var plan = Self.plan
        var next = plan.entries[0]
        next.name = MeasurementName(number: 2, experiment: "next")
        plan.entries.append(next)
        try timeline.tell(.planned(plan))
        try timeline.tell(.measurementBegan, of: Self.name)
        return timeline
    }

    @Test func everyEventIsTheSameAfterItWasWritten() throws {
        let criterion = Criterion(metric: .p95, threshold: 0.5, window: 5, text: "p95 > 500ms for 5s")
        let step = LoadStep(
            users: 10, purpose: .trial, rampBegan: 0, plateauBegan: 2, plateauEnded: 12, passed: false)
        let decision = StepDecision(
            step: step, verdicts: [CriterionVerdict(criterion: criterion, outcome: .met, value: 0.6, task: "a")],
            interval: SearchInterval(passed: 8, failed: 10, estimate: 9, lower: 8.5, upper: 9.5),
            requests: RunSecond.Requests(ended: 7, failures: [.timeout: 1], p95: 0.6))
        let example = FailureExample(
            task: "a", kind: .status(503), time: 1, latency: 0.1, detail: "d", request: "GET /", response: "")
        let all: [RunHappening] = [
            .planned(Self.plan), .runBegan(pid: 7), .skipped, .measurementBegan, .phaseBegan(.load), .phaseEnded(.load),
            .second(Self.second(3)), .stepEnded(decision), .restored(seconds: 1.5),
            .lost(ComponentLoss(component: "redis", second: 4), story: "gone"), .failed(example),
            .usage(UsageSample(time: 1, cores: ["machine": 2], memory: ["redis": 4])), .note("n"),
            .measurementEnded(.failed(phase: .load, reason: "r")), .runEnded,
            .closed(
                RunClosing(
                    isInterrupted: true, problem: "p",
                    answers: [.init(experiment: "limit", text: LocalizedText(english: "e", french: "f"))],
                    totals: [RunSecond.Requests(ended: 3, p95: 0.1)])),
        ]
        for (index, happening) in all.enumerated() {
            let event = RunEvent(number: index, time: 12.5, measurement: Self.name, happening: happening)
            let written = try JSONEncoder().encode(event)
            #expect(try JSONDecoder().decode(RunEvent.self, from: written) == event)
        }
    }

    @Test func aVerdictHasItsMargin() {
        let criterion = Criterion(metric: .p95, threshold: 0.5, window: 5, text: "")
        #expect(
            CriterionVerdict(criterion: criterion, outcome: .held, value: 0.4).margin.map { abs($0 - 0.2) < 1e-9 }
                == true)
        #expect(CriterionVerdict(criterion: criterion, outcome: .met, value: 1).margin == -1)
        #expect(CriterionVerdict(criterion: criterion, outcome: .undecided).margin == nil)
    }

    @Test func readersSeeEveryEventInItsOrder() throws {
        let seen = Mutex([Int]())
        let timeline = Timeline(readers: [{ event in seen.withLock { $0.append(event.number) } }])
        for _ in 1...5 { try timeline.tell(.note("x")) }
        #expect(seen.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    @Test func whatCannotBeKeptIsToldToNobody() throws {
        let seen = Mutex(0)
        let timeline = Timeline(readers: [{ _ in seen.withLock { $0 += 1 } }])
        timeline.keep { _ in throw Problem(.machine, "the disk is full") }
        #expect(throws: Problem.self) { try timeline.tell(.note("x")) }
        #expect(seen.withLock { $0 } == 0 && timeline.history.number == 0)
    }

    @Test func theJournalKeepsWhatResumeNeeds() throws {
        let kept = Mutex([JournalEntry]())
        let timeline = Timeline()
        timeline.keep { event in if let entry = JournalEntry(event) { kept.withLock { $0.append(entry) } } }
        try timeline.tell(.planned(Self.plan))
        try timeline.tell(.runBegan(pid: 3))
        for happening in [
            RunHappening.measurementBegan, .phaseBegan(.load), .second(Self.second(0)), .note("n"), .phaseEnded(.load),
            .measurementEnded(.measured),
        ] { try timeline.tell(happening, of: Self.name) }
        try timeline.tell(.runEnded)
        let entries = kept.withLock { $0 }
        #expect(
            entries.map(\.event) == [
                .runBegan(pid: 3), .measurementBegan, .phaseBegan(.load), .phaseEnded(.load),
                .measurementEnded(.measured), .runEnded,
            ])
        #expect(entries.isMeasured(experiment: "limit", variant: nil))
    }

    @Test func whoFollowsLateGetsTheHistoryThenTheRest() async throws {
        let timeline = try timeline()
        try timeline.tell(.second(Self.second(0)), of: Self.name)
        let (history, events) = timeline.follow()
        try timeline.tell(.second(Self.second(1)), of: Self.name)
        try timeline.tell(.closed(RunClosing(isInterrupted: false)))
        var numbers: [Int] = []
        for await event in events { numbers.append(event.number) }
        #expect(history.number == 3 && numbers == [4, 5])
        #expect(history.measurements[0].seconds.elements.map(\.second) == [0])
        let later = timeline.follow()
        #expect(later.history.closing != nil)
        for await _ in later.events { Issue.record("nothing follows the end") }
    }

    @Test func aFollowerThatStopsReadingIsDropped() async throws {
        let timeline = try timeline()
        let (_, stuck) = timeline.follow()
        #expect(timeline.followerCount == 1)
        for _ in 0..<Timeline.mostWaiting { try timeline.tell(.note("x"), of: Self.name) }
        #expect(timeline.followerCount == 1)
        try timeline.tell(.note("one too many"), of: Self.name)
        #expect(timeline.followerCount == 0)
        var count = 0
        for await _ in stuck { count += 1 }
        #expect(count == Timeline.mostWaiting)
    }

    @Test func oldSecondsArePutTogetherAndTotalsAreExact() throws {
        let timeline = try timeline()
        let all = 6 * 3600
        for second in 0..<all {
            try timeline.tell(.second(Self.second(second, p95: second == 17 ? 9 : 0.1)), of: Self.name)
        }
        let history = timeline.history.measurements[0]
        let seconds = history.seconds.elements
        #expect(
            seconds.count <= MeasurementHistory.mostSeconds && seconds.count > MeasurementHistory.mostSeconds / 2 - 1)
        #expect(seconds.reduce(0) { $0 + $1.span } == all && seconds[0].second == 0)
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $0.second + $0.span == $1.second })
        #expect(seconds.reduce(0) { $0 + $1.all.ended } == 10 * all && seconds.compactMap(\.all.p95).max() == 9)
        #expect(history.total == MeasurementHistory.Total(ended: 10 * all, failed: all))
        #expect(history.failures.map(\.count) == [all] && history.failures[0].last == all - 1)
        // What was measured last is shown until something else is.
        try timeline.tell(.measurementEnded(.measured), of: Self.name)
        #expect(timeline.history.measurements[0].seconds.elements == seconds)
        try timeline.tell(.measurementBegan, of: MeasurementName(number: 2, experiment: "next"))
        let later = timeline.history.measurements[0].seconds.elements
        #expect(later.count <= MeasurementHistory.mostSecondsLater)
        #expect(later.reduce(0) { $0 + $1.span } == all)
    }

    @Test func ofAnyNumberOfSecondsNoneIsLost() {
        for count in 1...200 {
            var thinned = Thinned<RunSecond>(limit: 8)
            for second in 0..<count { thinned.append(Self.second(second)) }
            #expect(thinned.elements.count <= 8)
            #expect(thinned.elements.reduce(0) { $0 + $1.span } == count)
            #expect(zip(thinned.elements, thinned.elements.dropFirst()).allSatisfy { $0.second + $0.span == $1.second })
            #expect(thinned.elements.dropLast().allSatisfy { $0.span == thinned.width })
        }
    }
}
