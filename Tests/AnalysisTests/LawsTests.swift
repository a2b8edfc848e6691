import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct LawsTests {
    private func levels(
        _ users: [Int], lambda: Double, sigma: Double, kappa: Double, noise: (Int) -> Double = { _ in 1 }
    ) -> [UniversalScalability.Level] {
        users.enumerated().map { index, users in
            let n = Double(users)
            let rate = lambda * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
            return .init(users: users, rate: rate * noise(index))
        }
    }

    @Test(arguments: [(0.05, 0.0005), (0.0, 0.001), (0.02, 0.0), (0.0, 0.0), (0.3, 0.00001)])
    func parametersOfAnExactCurveAreFound(sigma: Double, kappa: Double) throws {
        let exact = levels([1, 4, 10, 20, 40, 80, 160], lambda: 12, sigma: sigma, kappa: kappa)
        let law = try #require(UniversalScalability(exact))
        #expect(abs(law.ideal - 12) < 1e-6)
        #expect(abs(law.contention - sigma) < 1e-6)
        #expect(abs(law.coherency - kappa) < 1e-8)
        #expect(law.residuals.allSatisfy { abs($0) < 1e-6 })
        #expect(law.determination > 0.999_999)
    }

    @Test func thePeakIsWhereTheCurveTurns() throws {
        let law = try #require(
            UniversalScalability(levels([1, 5, 10, 20, 50, 100], lambda: 10, sigma: 0.02, kappa: 0.0002)))
        let peak = try #require(law.peak)
        // √((1 − 0.02) / 0.0002) = 70
        #expect(peak.users == 70)
        #expect(law.rate(users: 69) <= peak.rate && law.rate(users: 71) <= peak.rate)
        #expect(law.asymptote == nil)
    }

    @Test func withoutCoherencyThereIsAnAsymptote() throws {
        let law = try #require(
            UniversalScalability(levels([1, 5, 10, 20, 50, 100], lambda: 10, sigma: 0.1, kappa: 0)))
        #expect(law.peak == nil || law.coherency < 1e-12)
        if law.coherency == 0 { #expect(abs((law.asymptote ?? 0) - 100) < 1e-3) }
    }

    @Test func aNoisyCurveIsFittedNearby() throws {
        let noisy = levels([10, 20, 40, 80, 160, 320, 640], lambda: 0.5, sigma: 0.001, kappa: 0.000_004) {
            [1.02, 0.99, 1.01, 0.98, 1.01, 1, 0.99][$0]
        }
        let law = try #require(UniversalScalability(noisy))
        #expect(abs(law.ideal - 0.5) < 0.03)
        #expect(law.determination > 0.99)
        #expect(law.contention >= 0 && law.coherency >= 0)
    }

    @Test func fiveLevelsAreTooFewHoweverOftenTheyWereMeasured() {
        let five = levels([1, 2, 4, 8, 16], lambda: 10, sigma: 0.1, kappa: 0.01)
        #expect(UniversalScalability(five) == nil)
        #expect(UniversalScalability(five + five) == nil)
        #expect(UniversalScalability([]) == nil)
        #expect(UniversalScalability(five + [.init(users: 32, rate: 0)]) == nil)
    }

    @Test func severalMeasurementsOfOneNumberAreOneLevel() throws {
        let six = levels([1, 2, 4, 8, 16, 32], lambda: 10, sigma: 0.1, kappa: 0.001)
        let again = six + [.init(users: 32, rate: six[5].rate + 2), .init(users: 32, rate: six[5].rate - 2)]
        #expect(try #require(UniversalScalability(again)).levels.map(\.users) == [1, 2, 4, 8, 16, 32])
        #expect(abs(try #require(UniversalScalability(again)).levels[5].rate - six[5].rate) < 1e-9)
    }

    @Test func replicasAreComparedWithOne() throws {
        let one = LimitAnswer.Verdict.interval(passed: 100, failed: 110)
        let found = try #require(
            ReplicaScaling(.interval(passed: 240, failed: 260), replicas: 3, against: one))
        #expect(found.usersPerReplica == 80)
        #expect(abs(found.lowerSpeedUp - 240 / 110.0) < 1e-9)
        #expect(abs(try #require(found.upperSpeedUp) - 2.6) < 1e-9)
        #expect(abs(found.lowerEfficiency - 80 / 110.0) < 1e-9)
        let unbounded = try #require(ReplicaScaling(.neverFailed(atLeast: 300), replicas: 3, against: one))
        #expect(unbounded.upperSpeedUp == nil && unbounded.upperEfficiency == nil)
        #expect(ReplicaScaling(.notMeasured, replicas: 3, against: one) == nil)
        #expect(ReplicaScaling(.failsAtOneUser, replicas: 3, against: one) == nil)
        #expect(ReplicaScaling(.interval(passed: 1, failed: 2), replicas: 1, against: one) == nil)
    }
}
