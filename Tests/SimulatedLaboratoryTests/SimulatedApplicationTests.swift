import Analysis
import Foundation
import Model
import SimulatedLaboratory
import TestSupport
import Testing

@Suite(.timed) struct SimulatedApplicationTests {
    /// Users with exponential thoughts before one exponential server, first come first served or shared: the machine repairman, whose
    /// mean latency follows exactly (mean value analysis: M. Reiser, S. S. Lavenberg, J. ACM 27, 1980).
    private func meanLatency(users: Int, rate: Double, thinkTime: Double) -> Double {
        var (waiting, latency) = (0.0, 0.0)
        for count in 1...users {
            latency = (1 + waiting) / rate
            waiting = Double(count) / (thinkTime + latency) * latency
        }
        return latency
    }

    @Test(arguments: [10, 40, 80]) func oneServerFollowsTheory(users: Int) async throws {
        var load = SimulatedModel.load(seed: 1)
        load.thinkTime = ThinkTime(exponentialWithMean: 2)
        load.timeout = 1000
        let expected = meanLatency(users: users, rate: 20, thinkTime: 2)
        let applications: [any SimulatedApplication] = [
            QueueApplication(seed: 2) { $0.rate = 20 }, SharedProcessor(cores: 1, rate: 20, seed: 2),
        ]
        for application in applications {
            let samples = SimulatedStep.plateau(
                of: application, load: load, users: users, settle: 100, hold: 4000)
            let latencies = Distribution.merged(samples.map(\.tasks[0].succeeded))
            let mean = try #require(latencies.mean)
            #expect(abs(mean / expected - 1) < 0.05, "\(application): \(mean) instead of \(expected)")
        }
    }

    @Test func usersAskAsOftenAsTheirThoughtsSay() {
        let samples = SimulatedStep.plateau(
            of: Arbitrary { _ in false }, load: SimulatedModel.load(seed: 3), users: 402, settle: 0, hold: 100)
        let started = samples.reduce(0) { $0 + $1.tasks[0].started }
        // One request per user and 2.01 s, from the first second on.
        #expect(abs(Double(started) / 100 - 200) < 4)
        let first: Int = samples.prefix(5).reduce(0) { $0 + $1.tasks[0].started }
        #expect(abs(Double(first) / 5 - 200) < 20)
    }

    @Test func whatIsUnderWayIsCountedAndTimesOut() {
        let samples = SimulatedStep.plateau(
            of: QueueApplication(seed: 1) { $0.rate = 1 }, load: SimulatedModel.load(seed: 1), users: 100, settle: 0,
            hold: 60)
        #expect(samples.contains { $0.tasks[0].failures[.timeout, default: 0] > 0 })
        for sample in samples {
            #expect(sample.inFlight == sample.tasks[0].due?.open.count)
            #expect(sample.inFlight <= 100)
        }
        let (started, ended) = samples.reduce(into: (0, 0)) {
            $0.0 += $1.tasks[0].started
            $0.1 += $1.tasks[0].succeeded.count + $1.tasks[0].failed.count
        }
        #expect(started - ended == samples.last?.inFlight)
    }
}
