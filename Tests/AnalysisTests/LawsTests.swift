import Analysis
import Foundation
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

    private static let measured: [[UniversalScalability.Level]] = [
        // A MySQL that slows down beyond its limit: levels of a recorded search.
        [
            (25, 11.3), (100, 51.7), (400, 196), (743, 360), (813, 379), (890, 377), (974, 317), (1066, 259),
            (1386, 260),
            (1600, 389),
        ],
        [(200, 97.3), (800, 400), (1651, 798), (1979, 941), (2167, 1023), (2373, 1098), (2845, 1235), (3200, 1215)],
        [(1, 9), (2, 17), (4, 30), (8, 44), (16, 52), (32, 50), (64, 38)],
        [(1, 10), (2, 11), (4, 10), (8, 9), (16, 10), (32, 10)],
    ].map { $0.map { UniversalScalability.Level(users: $0.0, rate: $0.1) } }

    private func squaredError(_ levels: [UniversalScalability.Level], _ sigma: Double, _ kappa: Double) -> Double {
        let shape = levels.map { level in
            let n = Double(level.users)
            return n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
        }
        let lambda =
            zip(levels, shape).reduce(0) { $0 + $1.0.rate * $1.1 } / shape.reduce(0) { $0 + $1 * $1 }
        return zip(levels, shape).reduce(0) { sum, one in
            let residual = one.0.rate - lambda * one.1
            return sum + residual * residual
        }
    }

    @Test(arguments: measured.indices) func noPlaceOfAFineGridFitsBetter(index: Int) throws {
        let levels = Self.measured[index]
        let law = try #require(UniversalScalability(levels))
        let found = law.residuals.reduce(0) { $0 + $1 * $1 }
        // A coarse grid, then a fine one around its best place.
        var best = (sigma: 0.0, kappa: 0.0, error: Double.infinity)
        func search(_ sigmas: [Double], _ kappas: [Double]) {
            for sigma in sigmas {
                for kappa in kappas {
                    let error = squaredError(levels, sigma, kappa)
                    if error < best.error { best = (sigma, kappa, error) }
                }
            }
        }
        search([0] + (-48...0).map { pow(10, Double($0) / 8) }, [0] + (-80...0).map { pow(10, Double($0) / 8) })
        let around = (-20...20).map { pow(10, Double($0) / 160) }
        search(around.map { min(1, best.sigma * $0) }, around.map { best.kappa * $0 })
        #expect(found <= best.error * (1 + 1e-9))
        #expect(found >= best.error * 0.99, "the grid comes near it")
        #expect((0...1).contains(law.contention) && law.coherency >= 0 && law.ideal > 0)
    }

    @Test func whereTheLawDoesNotDescribeTheLevelsItSaysSo() throws {
        let recorded = try Self.measured.map { try #require(UniversalScalability($0)) }
        #expect(!recorded[0].describes(thinkTime: 2), "R² is below 0.9")
        #expect(!recorded[1].describes(thinkTime: 2), "no user who thinks 2 s can make 0.55 requests/s")
        #expect(recorded[2].describes(thinkTime: 0))
        let exact = try #require(
            UniversalScalability(levels([1, 5, 10, 20, 50, 100], lambda: 0.4, sigma: 0.02, kappa: 0.0002)))
        #expect(exact.describes(thinkTime: 2))
        // A line up to a constant, which no such curve follows.
        let knee = [100, 200, 300, 400, 500, 600, 700, 800].map {
            UniversalScalability.Level(users: $0, rate: min(Double($0) * 0.5, 200))
        }
        #expect(try !#require(UniversalScalability(knee)).describes(thinkTime: 2))
    }

    @Test func boundsAreThoseOfOperationalAnalysis() throws {
        let bounds = try #require(ThroughputBounds(thinkTime: 1.9, latency: 0.1, highest: 250))
        #expect(bounds.rate(users: 100) == 50)
        #expect(bounds.knee == 500)
        #expect(bounds.rate(users: 500) == 250 && bounds.rate(users: 800) == 250)
        #expect(ThroughputBounds(thinkTime: 0, latency: 0, highest: 250) == nil)
        #expect(ThroughputBounds(thinkTime: 2, latency: 0.1, highest: 0) == nil)
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
