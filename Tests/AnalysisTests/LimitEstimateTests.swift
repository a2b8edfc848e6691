import Analysis
import TestSupport
import Testing

@Suite(.timed) struct LimitEstimateTests {
    private func estimate(_ trials: [(Int, Double)]) throws -> LimitEstimate {
        try #require(LimitEstimate(of: trials.map { (users: Double($0.0), excess: $0.1) }, within: 50...5000))
    }

    @Test func theLimitLiesWhereTheExcessCrossesTheThreshold() throws {
        let found = try estimate([(450, -0.2), (500, 0.3), (450, -0.2), (500, 0.3)])
        #expect(abs(found.users - 470) < 12)
        let (lower, upper) = (try #require(found.lower), try #require(found.upper))
        #expect(lower > 440 && upper < 500 && lower < found.users && found.users < upper)
    }

    @Test func outcomesThatDisagreeWidenTheInterval() throws {
        let agreeing = try estimate([(450, -0.2), (500, 0.3), (450, -0.2), (500, 0.3)])
        let disagreeing = try estimate([(450, 0.3), (500, 0.3), (450, -0.5), (500, -0.2)])
        #expect(try #require(disagreeing.width) > 2 * (try #require(agreeing.width)))
        #expect(disagreeing.spread > agreeing.spread)
    }

    @Test func moreTrialsNarrowIt() throws {
        let few = [(450, -0.1), (500, 0.3), (450, -0.3), (500, 0.2)]
        #expect(try #require(estimate(few + few).width) < (try #require(estimate(few).width)))
    }

    @Test func anEndThatNoTrialBoundsStaysOpen() throws {
        let held = try estimate([(450, -0.5), (500, -0.3)])
        #expect(held.upper == nil && held.lower != nil && held.width == nil)
        let broken = try estimate([(450, 0.5), (500, 0.3)])
        #expect(broken.lower == nil && broken.upper != nil)
        #expect(LimitEstimate(of: [], within: 1...10) == nil)
    }

    /// Twice as fast a machine serves twice as many: the trials agree once that is taken out.
    @Test func atCommonSpeedTheMachinesShareIsTakenOut() throws {
        let trials = [(450, 1.0, -0.2), (500, 1.0, 0.3), (900, 2.0, -0.2), (1000, 2.0, 0.3)].map {
            users, speed, excess in
            var trial = LimitTrial(users: users, held: excess <= 0, excesses: [excess])
            trial.speed = speed
            return trial
        }
        let found = try #require(LimitEstimates(atCommonSpeed: trials)?.first)
        #expect(abs(found.users - 470) < 12)
        #expect(try #require(found.width) < 0.1)
        var unknown = trials
        unknown[0].speed = nil
        #expect(LimitEstimates(atCommonSpeed: unknown) == nil)
    }

    /// Pauses alone account for most of the threshold, and the queue comes on top once the application is full. A straight line
    /// through all trials, by least squares, crosses the threshold at 400.
    @Test func aLatencyThatBendsUpwardsAtTheLimitDoesNotLowerIt() throws {
        let found = try estimate([(380, -0.1), (440, 0.5), (400, -0.07), (425, 0.1), (400, -0.07), (440, 0.5)])
        #expect(found.users > 405 && found.users < 424)
    }

    /// Of 1 % more users than an application serves it refuses 1 %: 6 % of errors are some 5 % too many users.
    @Test func anErrorRateTellsHowFarTheLimitIs() throws {
        func trial(_ users: Int, errors: Double) -> LimitTrial {
            var trial = LimitTrial(users: users, held: errors <= 0.01, excesses: [errors / 0.01 - 1])
            trial.growths = [99]
            return trial
        }
        let trials = [trial(420, errors: 0.06), trial(380, errors: 0), trial(420, errors: 0.06), trial(380, errors: 0)]
        let found = try #require(LimitEstimates(of: trials, way: LimitBracket(), to: 1000).first)
        #expect(abs(found.users - 399) < 4)
        let unknown = try #require(
            LimitEstimate(
                of: trials.map { (users: Double($0.users), excess: $0.excesses[0] ?? 0) }, within: 1...1000))
        #expect(try #require(found.width) < (try #require(unknown.width)))
    }

    /// What broke at once says only on which side of it the limit lies.
    @Test func farExcessesCountByTheirSide() throws {
        let near = try estimate([(400, -0.9), (500, 9), (440, -0.9), (460, 9)])
        let far = try estimate([(400, -1), (500, 900), (440, -1), (460, 900)])
        #expect(near == far)
        #expect(near.users > 440 && near.users < 460)
    }

    @Test func numbersThatHeldOftenerThanNotAreBounds() throws {
        var bracket = LimitBracket()
        for (users, held) in [
            (100, true), (110, false), (110, true), (110, true), (120, false), (120, true), (120, false),
        ] {
            bracket.record(users: users, held: held)
        }
        let (passed, failed) = (try #require(bracket.passed), try #require(bracket.failed))
        #expect(passed.users == 110 && passed.held == 2 && passed.measured == 3)
        #expect(failed.users == 120 && failed.held == 1 && failed.measured == 3)
    }

    /// 90 users broke twice and 100 held twice: neither is a bound.
    @Test func contradictionsArePooled() {
        var bracket = LimitBracket()
        for (users, held) in [(80, true), (90, false), (90, false), (100, true), (100, true), (110, false)] {
            bracket.record(users: users, held: held)
        }
        #expect(bracket.passed?.users == 80 && bracket.failed?.users == 110)
    }
}
