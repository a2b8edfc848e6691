import TestSupport
import Testing
import Threads

@Suite(.timed) struct SpeedMeterTests {
    @Test func itMeasuresUntilItIsStopped() async throws {
        let meter = SpeedMeter()
        #expect(meter.take() == nil, "nothing was measured yet")
        meter.start()
        var reading: SpeedMeter.Reading?
        while reading == nil {
            try await Task.sleep(for: .milliseconds(10))
            reading = meter.take()
        }
        let first = try #require(reading)
        #expect(first.calculation > 0 && first.wait >= 0)
        #expect(meter.take() != nil, "where there is nothing new, the reading before stands")
        meter.stop()
    }
}
