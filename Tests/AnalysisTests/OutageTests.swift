import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct OutageTests {
    private func samples(_ seconds: [(succeeded: Int, failed: Int)]) -> [SecondSample] {
        seconds.enumerated().map { second, counts in
            var task = TaskSecond(started: counts.succeeded + counts.failed)
            task.succeeded = Distribution(ascending: [.init(microseconds: 1000, count: counts.succeeded)])
            task.failed = Distribution(
                ascending: counts.failed == 0 ? [] : [.init(microseconds: 1000, count: counts.failed)])
            return SecondSample(second: second, users: 10, inFlight: 0, tasks: [task])
        }
    }

    @Test func whatALossCostEndsWhenTheOthersHaveTakenOver() {
        let quiet = (succeeded: 9, failed: 0)
        let outage = Outage(
            ComponentLoss(component: "store-2", second: 5),
            in: samples([quiet, quiet, quiet, quiet, (6, 3), (5, 4), (8, 1), quiet, quiet, quiet]))
        #expect(outage.failed == 8)
        #expect(outage.recovered == 7)
        #expect(outage.rateBefore == 9 && outage.rateAfter == 9)
    }

    @Test func failuresThatGoOnAreNoRecovery() {
        let outage = Outage(
            ComponentLoss(component: "store-1", second: 3),
            in: samples([(9, 0), (9, 0), (6, 3), (6, 3), (6, 3), (6, 3), (6, 3)]))
        #expect(outage.recovered == nil && outage.rateAfter == nil)
        #expect(outage.failed == 15)
    }
}
