import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct LimitSearchTests {
    /// Runs a search against a system and returns what it asked for.
    /// - Parameter excess: of a plateau over its criterion, as a share of the threshold; `look` counts from 0 at each number.
    private func run(
        _ plan: LimitSearchPlan, excess: (_ users: Int, _ look: Int) -> Double
    ) -> (search: LimitSearch, steps: [(users: Int, purpose: LoadStep.Purpose)]) {
        var search = LimitSearch(plan: plan)
        var steps: [(users: Int, purpose: LoadStep.Purpose)] = []
        while case .step(let users, let purpose) = search.next() {
            let above = excess(users, steps.count { $0.users == users && $0.purpose == purpose })
            steps.append((users, purpose))
            if purpose == .trial {
                search.record(LimitTrial(users: users, held: above <= 0, excesses: [above]))
            } else {
                search.record(users: users, passed: above <= 0)
            }
            if steps.count > 1000 {
                Issue.record("the search does not end")
                break
            }
        }
        return (search, steps)
    }

    /// Far below the threshold up to a number, far above it beyond.
    private func abrupt(_ limit: Int) -> (Int, Int) -> Double { { users, _ in users <= limit ? -0.9 : 5 } }

    private let plan = LimitSearchPlan(from: 50, to: 50_000, hold: 10, precision: 0.1)

    @Test(arguments: [1, 2, 3, 7, 49, 50, 51, 99, 100, 101, 137, 1234, 20_000, 49_999])
    func theBracketHoldsTheLimitAndItsBoundsWereMeasuredTwice(limit: Int) throws {
        let (search, steps) = run(plan, excess: abrupt(limit))
        let passed = try #require(search.bracket.passed)
        let failed = try #require(search.bracket.failed)
        #expect(passed.users <= limit && limit < failed.users)
        #expect(steps.count <= search.maximumSteps)
        #expect(passed.held == passed.measured && failed.held == 0)
        if !search.ranOutOfSteps, search.trials.count < 7 {
            #expect(passed.measured >= 2 && failed.measured >= 2)
        }
    }

    /// A step far beyond the limit leaves a backlog that has to drain.
    @Test func theClimbGoesOnInSmallerStepsOnceLatenciesRise() {
        let plan = LimitSearchPlan(from: 25, to: 10_000, hold: 10, precision: 0.1, factor: 4)
        func climb(_ latency: (Int) -> Double) -> [Int] {
            var search = LimitSearch(plan: plan)
            var climbed: [Int] = []
            while case .step(let users, .climb) = search.next() {
                climbed.append(users)
                search.record(users: users, passed: users < 500, latency: latency(users))
            }
            return climbed
        }
        #expect(climb { _ in 0.01 } == [25, 100, 400, 1600])
        #expect(climb { $0 >= 400 ? 0.05 : 0.01 } == [25, 100, 400, 800])
    }

    @Test func theClimbComesFirstAndTrialsLast() {
        let (_, steps) = run(plan, excess: abrupt(300))
        #expect(steps.prefix(4).map(\.users) == [50, 100, 200, 400])
        #expect(steps.prefix(4).allSatisfy { $0.purpose == .climb })
        #expect(steps.dropFirst(4).allSatisfy { $0.purpose == .trial })
        #expect(steps.count >= 8)
    }

    @Test func downFromAFirstStepThatFails() {
        let (search, _) = run(plan, excess: abrupt(9))
        #expect(search.bracket.passed?.users == 9)
        #expect(search.bracket.failed?.users == 10)
    }

    @Test func whatNeverFailsIsHeldInFullAtTheEnd() {
        let (search, steps) = run(LimitSearchPlan(from: 50, to: 400, hold: 10, precision: 0.1), excess: abrupt(.max))
        #expect(steps.map(\.users) == [50, 100, 200, 400, 400, 400])
        #expect(steps.suffix(2).allSatisfy { $0.purpose == .trial })
        #expect(search.bracket.failed == nil)
    }

    @Test func whatFailsWithOneUserIsMeasuredInFullThere() {
        let (search, steps) = run(plan, excess: abrupt(0))
        #expect(steps.suffix(2).allSatisfy { $0.users == 1 && $0.purpose == .trial })
        #expect(search.bracket.failed?.users == 1 && search.bracket.passed == nil)
    }

    @Test func aTrialThatBreaksAtTheEndOfTheRangeIsSearchedOn() {
        // Short steps hold all the way up; full plateaus break above 300.
        let plan = LimitSearchPlan(from: 50, to: 400, hold: 10, precision: 0.1)
        var search = LimitSearch(plan: plan)
        while case .step(let users, let purpose) = search.next() {
            if purpose == .trial {
                search.record(LimitTrial(users: users, held: users <= 300, excesses: [users <= 300 ? -0.9 : 5]))
            } else {
                search.record(users: users, passed: true)
            }
        }
        let bracket = search.bracket
        #expect(bracket.passed.map { $0.users <= 300 } == true && bracket.failed.map { $0.users > 300 } == true)
    }

    @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
    func anErraticSystemEndsWithinTheBound(seed: UInt64) {
        var state = seed
        let (search, steps) = run(plan) { _, _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33 & 1 == 0 ? -0.5 : 0.5
        }
        #expect(steps.count <= search.maximumSteps)
        #expect(search.maximumSteps < 40)
    }

    @Test func aCoarseSearchHoldsNoTrials() {
        let coarse = LimitSearchPlan(from: 10, to: 1000, hold: 2, precision: 1)
        #expect(run(coarse, excess: abrupt(60)).steps.map(\.users) == [10, 20, 40, 80])
        let plain = LimitSearchPlan(from: 10, to: 1000, hold: 2, precision: 0.3, confirm: false)
        let (search, steps) = run(plain, excess: abrupt(60))
        #expect(!steps.contains { $0.purpose == .trial })
        #expect(search.bracket.isClosed(precision: 0.3))
    }

    @Test func startingAboveTheHighestNumberStartsAtIt() {
        let plan = LimitSearchPlan(from: 500, to: 100, hold: 1, precision: 1)
        #expect(run(plan) { _, _ in -1 }.steps.map(\.users) == [100])
    }

    @Test(arguments: [-0.2, -0.05, 0, 0.05, 0.3], [137, 486, 2020, 12_400])
    func aPredictionShortensTheSearchAndAWrongOneDoesNotMisleadIt(error: Double, limit: Int) throws {
        let plan = LimitSearchPlan(from: 50, to: 50_000, hold: 10, precision: 0.1, factor: 4)
        var search = LimitSearch(plan: plan)
        while case .step(let users, let purpose) = search.next() {
            // A queue: a tenth more users make half a threshold more of it.
            let excess = min(4, 5 * (Double(users) / Double(limit) - 1))
            if purpose == .trial {
                search.record(LimitTrial(users: users, held: excess <= 0, excesses: [excess]))
            } else {
                search.record(
                    users: users, passed: excess <= 0,
                    prediction: excess <= 0 ? nil : Int(Double(limit) * (1 + error)))
            }
        }
        let trials = search.trials.map { (users: Double($0.users), excess: $0.excesses[0] ?? 0) }
        let estimate = try #require(
            LimitEstimate(of: trials, within: Double(limit) / 4...Double(limit) * 4))
        #expect(
            estimate.lower.map { $0 <= Double(limit) } == true && estimate.upper.map { $0 >= Double(limit) } == true)
        #expect(estimate.width.map { $0 <= 0.12 } == true)
        if error == 0 { #expect(search.trials.count <= 6) }
    }
}
