import Analysis
import TestSupport
import Testing

@Suite(.timed) struct LatencyGrowthTests {
    private func growth(_ points: [(Int, Double)]) -> LatencyGrowth? {
        LatencyGrowth(points.map { .init(orders: $0.0, latency: $0.1) })
    }

    /// By hand: Sxx = 10, Sxy = 7.5, Syy = 5.652; t with 3 degrees of freedom is 3.18245.
    @Test func slopeAndIntervalAreThoseOfTheTextbook() throws {
        let found = try #require(growth([(1, 2.2), (2, 2.8), (3, 3.6), (4, 4.5), (5, 5.1)]))
        #expect(abs(found.slope - 0.75) < 1e-9)
        #expect(abs(found.uncertainty - 3.18245 * 0.03) < 1e-5)
        #expect(abs(found.determination - (1 - 0.027 / 5.652)) < 1e-9)
        #expect(found.isShown && found.points == 5)
    }

    @Test func aStraightLineIsFoundExactly() throws {
        let found = try #require(growth([(0, 0.001), (1000, 0.003), (5000, 0.011), (20_000, 0.041)]))
        #expect(abs(found.slope - 0.000_002) < 1e-12)
        #expect(found.uncertainty < 1e-9 && found.isShown)
    }

    @Test func scatterAndDecreaseShowNoGrowth() throws {
        #expect(try #require(growth([(0, 3), (1000, 1), (5000, 4), (20_000, 2)])).isShown == false)
        #expect(try #require(growth([(0, 0.002), (1000, 0.002), (5000, 0.002)])).isShown == false)
        #expect(try #require(growth([(0, 0.04), (1000, 0.03), (2000, 0.02)])).isShown == false)
    }

    @Test func fewerThanThreeNumbersOfOrdersMakeNoLine() {
        #expect(growth([]) == nil)
        #expect(growth([(0, 1), (1000, 2), (0, 1), (1000, 2)]) == nil)
    }
}
