import Model
import Orchestrator
import TestSupport
import Testing

/// The single requests before a load, in virtual time.
@Suite(.timed) struct PreflightCheckTests {
    private static let load = LoadDefinition(
        tasks: [
            LoadTask(name: "order", weight: 1, method: .post, path: "/orders", expect: Check()),
            LoadTask(name: "alive", weight: 1, method: .get, path: "/health-check", expect: Check()),
            LoadTask(name: "report", weight: 1, method: .get, path: "/reports", expect: Check()),
        ], thinkTime: ThinkTime(minimum: 1, maximum: 3), shape: .ramp([LoadStage(users: 1, spawnRate: 1, hold: 1)]))
    private let clock = VirtualClock()

    private func check(_ source: FakeSource, isProject: Bool = true) -> PreflightCheck {
        let own = OwnProject(file: "/p/compose.yaml", service: "web", port: 80, readyPath: "/health-check")
        return PreflightCheck(load: Self.load, source: source, project: isProject ? own : nil, clock: clock)
    }

    @Test func aProjectWhoseDatabaseIsLateIsTriedAgain() async {
        let source = FakeSource(Self.load, answers: { $0 > 8 })
        var told: [String] = []
        let results = await check(source).run { told.append($0) }
        #expect(told.count == 1 && told.first?.contains("/health-check answers") == true)
        #expect(results.allSatisfy { $0.failure == nil } && source.state.preflights == 9)
    }

    @Test func itIsGivenUpWithAnotherReadyPath() async throws {
        let source = FakeSource(Self.load, answers: { _ in false })
        let check = check(source)
        let failure = try #require(await check.run().compactMap(\.failure).first)
        #expect(clock.now.sinceStart >= .seconds(30))
        let problem = check.problem(failure)
        #expect(problem.message.contains("/health-check"))
        // That of a task that reads, and not the same again.
        #expect(problem.nextStep?.contains("ready: /reports") == true)
    }

    @Test func whatRunsAlreadyIsTriedOnce() async throws {
        let source = FakeSource(Self.load, answers: { _ in false })
        let check = check(source, isProject: false)
        let failure = try #require(await check.run().compactMap(\.failure).first)
        #expect(source.state.preflights == 1)
        #expect(check.problem(failure).nextStep == "Correct the task or the stack. This is not an overload.")
    }

    @Test func aWrongAnswerIsNoLateStart() {
        let failure = FailureExample(
            task: "a", kind: .status(404), time: 0, latency: 0, detail: "HTTP 404", request: "", response: "")
        #expect(check(FakeSource(Self.load)).problem(failure).nextStep?.contains("ready:") == false)
    }
}
