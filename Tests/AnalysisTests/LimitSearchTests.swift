import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct LimitSearchTests {
    /// Runs a search against a system and returns what it asked for.
    private func run(
        _ plan: LimitSearchPlan, system: (_ users: Int, _ trial: Int) -> Bool
    ) -> (search: LimitSearch, steps: [(users: Int, purpose: LoadStep.Purpose)]) {
        var search = LimitSearch(plan: plan)
        var steps: [(users: Int, purpose: LoadStep.Purpose)] = []
        while case .step(let users, let purpose) = search.next() {
            let trial = steps.count { $0.users == users }
            steps.append((users, purpose))
            search.record(users: users, passed: system(users, trial))
            if steps.count > 1000 {
                Issue.record("the search does not end")
                break
            }
        }
        return (search, steps)
    }

    private let plan = LimitSearchPlan(from: 50, to: 50_000, hold: 10, precision: 0.05)

    @Test(arguments: [1, 2, 3, 7, 49, 50, 51, 99, 100, 101, 137, 1234, 20_000, 49_999])
    func bracketHoldsTheLimit(limit: Int) throws {
        let (search, steps) = run(plan) { users, _ in users <= limit }
        let passed = try #require(search.bracket.passed)
        let failed = try #require(search.bracket.failed)
        #expect(passed <= limit && limit < failed)
        #expect(failed - passed == 1 || Double(failed - passed) / Double(passed) <= 0.05)
        #expect(steps.suffix(2).map(\.purpose) == [.confirm, .confirm])
        #expect(Set(steps.suffix(2).map(\.users)) == [passed, failed])
        #expect(!search.ranOutOfSteps)
        #expect(steps.count <= search.maximumSteps)
    }

    @Test func climbsByTheFactorUntilOneFails() {
        let (_, steps) = run(plan) { users, _ in users <= 300 }
        #expect(steps.prefix(4).map(\.users) == [50, 100, 200, 400])
        #expect(steps.prefix(5).map(\.purpose) == [.climb, .climb, .climb, .climb, .bisect])
    }

    @Test func neverFailingEndsAtTheHighestNumber() {
        let (search, steps) = run(LimitSearchPlan(from: 50, to: 300, hold: 10, precision: 0.05)) { _, _ in true }
        #expect(steps.map(\.users) == [50, 100, 200, 300, 300])
        #expect(search.bracket.passed == 300)
        #expect(search.bracket.failed == nil)
    }

    @Test func failingAtOneUserEndsThere() {
        let (search, steps) = run(plan) { _, _ in false }
        #expect(search.bracket.failed == 1)
        #expect(search.bracket.passed == nil)
        #expect(steps.last?.users == 1)
    }

    @Test func aPassThatIsNotConfirmedCountsAsFailed() throws {
        // The first answer at the last pass is luck: measured again it fails, and so does all above 100.
        let (search, _) = run(plan) { users, trial in users <= 100 || (users <= 150 && trial == 0) }
        let passed = try #require(search.bracket.passed)
        let failed = try #require(search.bracket.failed)
        #expect(passed >= 100 && passed < 150 && failed > passed)
        #expect(search.bracket.isConfirmed(passed) || search.ranOutOfSteps)
    }

    @Test func aFailureThatIsNotConfirmedCountsAsPassed() throws {
        // One bad moment at 100 users, the real limit is 180.
        let (search, _) = run(plan) { users, trial in users <= 180 && !(users == 100 && trial == 0) }
        let passed = try #require(search.bracket.passed)
        #expect(passed >= 100)
    }

    @Test func afterAContradictionTheSearchGoesInSmallSteps() throws {
        // The first failure, at 200, is bad luck; the limit is 230.
        let plan = LimitSearchPlan(from: 100, to: 10_000, hold: 10, precision: 0.1, factor: 4)
        let (search, steps) = run(plan) { users, trial in users <= 230 && !(users == 200 && trial == 0) }
        let second = try #require(steps.lastIndex { $0.users == 200 })
        #expect(steps[second...].dropFirst().allSatisfy { $0.users <= 200 * 12 / 10 + 1 })
        #expect(search.bracket.passed.map { $0 >= 200 } == true)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func anErraticSystemEndsWithinTheBound(seed: UInt64) {
        var state = seed
        let (search, steps) = run(plan) { _, _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33 & 1 == 0
        }
        #expect(steps.count <= search.maximumSteps)
        #expect(search.maximumSteps < 40)
    }

    @Test func aCoarseSearchDoesNotMeasureTwice() {
        let coarse = LimitSearchPlan(from: 10, to: 1000, hold: 2, precision: 1)
        let (_, steps) = run(coarse) { users, _ in users <= 60 }
        #expect(steps.map(\.users) == [10, 20, 40, 80])
        let plain = LimitSearchPlan(from: 10, to: 1000, hold: 2, precision: 0.3, confirm: false)
        #expect(!run(plain) { users, _ in users <= 60 }.steps.contains { $0.purpose == .confirm })
    }

    @Test func startingAboveTheHighestNumberStartsAtIt() {
        let (_, steps) = run(LimitSearchPlan(from: 500, to: 100, hold: 1, precision: 1)) { _, _ in true }
        #expect(steps.map(\.users) == [100])
    }

    @Test func aPredictionJustBelowWhatPassedNeedsOneStepMore() {
        let plan = LimitSearchPlan(from: 64, to: 50_000, hold: 10, precision: 0.1)
        var search = LimitSearch(plan: plan)
        var steps: [Int] = []
        while case .step(let users, _) = search.next() {
            steps.append(users)
            search.record(users: users, passed: users <= 2060, prediction: users > 2060 ? 2024 : nil)
        }
        #expect(steps.suffix(4).map(\.self) == [4096, 2243, 2048, 2243])
    }

    @Test(arguments: [-0.2, -0.05, 0, 0.05, 0.3], [137, 486, 2020, 12_400])
    func aPredictionShortensTheSearchAndAWrongOneDoesNotMisleadIt(error: Double, limit: Int) throws {
        let plan = LimitSearchPlan(from: 50, to: 50_000, hold: 10, precision: 0.1, factor: 4)
        var search = LimitSearch(plan: plan)
        var count = 0
        while case .step(let users, _) = search.next() {
            let passed = users <= limit
            let prediction = passed ? nil : Int(Double(limit) * (1 + error))
            search.record(users: users, passed: passed, prediction: prediction)
            count += 1
        }
        let (passed, failed) = (try #require(search.bracket.passed), try #require(search.bracket.failed))
        #expect(passed <= limit && limit < failed)
        #expect(Double(failed - passed) / Double(passed) <= 0.1 && search.bracket.isConfirmed(passed))
        // The climb, two steps around the prediction and two confirmations.
        if error == 0 { #expect(count <= 10) }
    }
}
