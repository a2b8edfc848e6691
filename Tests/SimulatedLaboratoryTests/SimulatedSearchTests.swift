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
        let score = await onThread { SearchScore(of: model, searches: 16) }
        #expect(score.missing == 0)
        #expect(score.covered >= 0.8, "\(score.row)")
        #expect(abs(score.bias) <= 0.04, "\(score.row)")
        #expect(score.width <= 0.3, "\(score.row)")
        #expect(score.seconds <= 200, "\(score.row)")
    }

    private func answer(_ application: any SimulatedApplication, to most: Int = 10_000) -> LimitAnswer {
        var load = SimulatedModel.load(seed: 5)
        var plan = SimulatedModel.plan
        plan.to = most
        load.shape = .findLimit(plan)
        return SimulatedSearch(of: application, load: load, limits: SimulatedModel.criteria).answer
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

    @Test func anApplicationThatDies() {
        let found = answer(Mortal(deadly: 200, seed: 1))
        #expect(found.killedBy != nil)
    }
}
