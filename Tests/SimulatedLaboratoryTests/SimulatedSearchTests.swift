import Analysis
import Model
import SimulatedLaboratory
import TestSupport
import Testing

/// Searches whose true answer is known.
@Suite(.timed) struct SimulatedSearchTests {
    /// What `storelab benchmark search` prints, in small. The searches are the same each time.
    @Test(arguments: SimulatedModel.all.map(\.name)) func theIntervalHoldsTheLimit(model: String) async throws {
        let model = try #require(SimulatedModel.all.first { $0.name == model })
        // At the machine's common speed where it is recorded.
        let score = try #require(await onThread { SearchScore.all(of: model, searches: 8) }.last)
        #expect(score.missing == 0)
        #expect(score.covered >= 0.75, "\(score.row)")
        #expect(abs(score.bias) <= 0.04, "\(score.row)")
        #expect(score.width <= 0.3, "\(score.row)")
        #expect(score.seconds <= 200, "\(score.row)")
    }

    private func answer(_ application: any SimulatedApplication, to most: Int = 10_000) -> LimitAnswer {
        var load = SimulatedModel.load(seed: 5)
        var plan = SimulatedModel.plan
        plan.to = most
        load.shape = .findLimit(plan)
        return SimulatedSearch(of: application, load: load, criteria: SimulatedModel.criteria).answer
    }

    @Test func anApplicationThatBreaksAtOneUser() {
        #expect(answer(Arbitrary { _ in true }).verdict == .failsAtOneUser)
    }

    @Test func anApplicationThatNeverBreaks() {
        let found = answer(Arbitrary { _ in false }, to: 400)
        #expect(found.verdict == .neverFailed(atLeast: 400))
        #expect(found.estimate == nil)
        #expect(found.passed?.measured == 2)
    }

    /// There is no limit to be found, and the answer does not pretend one.
    @Test func anApplicationThatBreaksAtEverySecondNumber() {
        let found = answer(Arbitrary { $0 % 2 == 1 })
        #expect(!found.contradictions.isEmpty || !found.confirmed)
    }

    /// From restart to restart it serves 5 % fewer. By chance three searches in a hundred see a movement.
    @Test func anApplicationWhoseLimitMoves() {
        let moving = (1...10).map { answer(Moving(change: 0.95, seed: $0)).movement }
        #expect(moving.count { $0.map { $0 < -0.1 } ?? false } >= 7)
        let steady = (1...10).map { answer(Moving(change: 1, seed: $0)).movement }
        #expect(steady.count { $0 != nil } <= 2)
    }

    /// The machine is a third slower from the middle of each plateau on: the limit is that of the slower half.
    @Test func aMachineThatGetsSlowerInTheMiddleOfAStep() throws {
        let found = answer(QueueApplication(seed: 1) { $0.pace = .slowdown(after: 7, factor: 1.5) })
        let slow = answer(QueueApplication(seed: 1) { $0.rate = 200 / 1.5 })
        let (lower, upper) = (try #require(slow.estimate?.lower), try #require(slow.estimate?.upper))
        let users = try #require(found.estimate?.users)
        #expect(users > lower * 0.9 && users < upper * 1.3)
    }

    @Test func equalApplicationsAreSeldomToldApartAndUnequalOnesOften() async throws {
        let (equal, unequal) = await onThread {
            (
                PairScore(pairs: Tier.isFull ? 8 : 4, capacity: 1, repeats: 3),
                PairScore(pairs: 4, capacity: 0.85, repeats: 3)
            )
        }
        #expect(equal.differing <= 0.25)
        #expect(unequal.differing >= 0.75)
    }

    @Test func anApplicationThatDies() {
        let found = answer(Mortal(deadly: 200, seed: 1))
        #expect(found.killedBy != nil)
    }
}
