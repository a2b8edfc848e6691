import Agents
import TestSupport
import Testing

/// Clocks that are far apart, and ways that are longer in one direction.
@Suite(.timed) struct ClockEstimateTests {
    /// Delays of the two ways, in nanoseconds.
    private static func delays(_ trip: Int) -> (there: UInt64, back: UInt64) {
        let jitter = UInt64(trip * 7919 % 13) * 400_000
        return (100_000 + jitter, 250_000 + jitter / 3)
    }

    @Test(arguments: [-240, -1, 0, 240] as [Int64])
    func theOffsetIsTrueWithinItsBound(seconds: Int64) {
        let truth = seconds * 1_000_000_000 + 12_345
        var estimate = ClockEstimate()
        var here: UInt64 = 1_000_000_000_000
        for trip in 0..<20 {
            let (there, back) = Self.delays(trip)
            let peer = UInt64(bitPattern: Int64(bitPattern: here + there) + truth)
            estimate.add(sent: here, peer: peer, received: here + there + back)
            here += 50_000_000
        }
        let error = Double(abs(estimate.offset - truth)) / 1e9
        #expect(error <= estimate.bound)
        // The shortest trip took 350 µs.
        #expect(estimate.bound == 0.000175)
        #expect(estimate.longest > 5_000_000)
        let instant = estimate.there(here)
        #expect(abs(Int64(bitPattern: instant &- here) - truth) <= 175_000)
    }

    @Test func oldTripsAreForgotten() {
        var estimate = ClockEstimate()
        estimate.add(sent: 1000, peer: 1001, received: 1002)
        for trip in 0..<20 {
            let sent = UInt64(10_000 + trip * 1000)
            estimate.add(sent: sent, peer: sent + 700, received: sent + 400)
        }
        #expect(estimate.count == ClockEstimate.trips)
        #expect(estimate.offset == 500)
    }

    @Test func withoutATripNothingIsKnown() {
        var estimate = ClockEstimate()
        #expect(estimate.bound == .infinity && estimate.there(5) == 5)
        // An answer before its question is none.
        estimate.add(sent: 10, peer: 5, received: 9)
        #expect(estimate.count == 0)
    }
}
