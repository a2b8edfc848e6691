import Analysis
import Model
import TestSupport
import Testing

@Suite(.timed) struct MachineSpeedTests {
    /// Readings at the end of each second, as a record has them.
    private func readings(_ calculations: [Seconds?]) -> [Signal.Point] {
        calculations.enumerated().map { Signal.Point(time: Double($0 + 1) + 0.01, value: $1) }
    }

    private func speed(_ calculations: [Seconds?], reference: Seconds? = nil) throws -> MachineSpeed {
        try #require(MachineSpeed(readings(calculations), reference: reference))
    }

    @Test func aSecondsSpeedIsTheMedianTimeByItsOwn() throws {
        let speed = try speed([0.001, 0.001, 0.002, 0.001, 0.0005])
        #expect(speed.reference == 0.001)
        #expect(speed[2] == 0.5 && speed[4] == 2 && speed[0] == 1)
        #expect(speed[5] == nil, "it was not measured")
        #expect(try self.speed([0.001], reference: 0.003)[0] == 3)
    }

    @Test func aPlateausSpeedIsTheMeanOfItsSecondsThatWereMeasured() throws {
        let speed = try speed([0.001, 0.001, 0.001, nil, 0.002])
        #expect(speed.relative(over: 2..<5) == 0.75)
        #expect(speed.relative(over: 3..<4) == nil)
        #expect(MachineSpeed([]) == nil && MachineSpeed(readings([nil, 0])) == nil)
    }

    @Test func aPlateauIsComparedWithTheMedianOfAll() throws {
        let speed = try speed([0.001, 0.001, 0.001, 0.001, 0.00125, 0.00125])
        let plateaus = [0..<2, 2..<4, 4..<6]
        #expect(abs(try #require(speed.deviation(of: 4..<6, among: plateaus)) + 0.2) < 1e-9)
        #expect(speed.deviation(of: 0..<2, among: plateaus) == 0)
        #expect(speed.deviation(of: 6..<8, among: plateaus) == nil)
    }

    @Test func aMachineThatSlowsByAThirdInTheMiddleOfAStepMoved() throws {
        let slowed = try speed(Array(repeating: 0.001, count: 6) + Array(repeating: 0.0015, count: 4))
        #expect(slowed.moved(within: 0..<10) == true)
        #expect(slowed.moved(within: 0..<6) == false)
        #expect(slowed.moved(within: 0..<2) == nil)
        #expect(try speed([0.001, 0.00105, 0.001, 0.00098]).moved(within: 0..<4) == false)
        #expect(try speed([0.001, nil, nil, nil, 0.001, 0.001]).moved(within: 0..<6) == nil)
    }

    @Test func aRecordWithoutItHasNoSpeed() {
        var measurement = Measurement(variant: nil, stackKind: "local", began: 0)
        #expect(MachineSpeed(measurement.signals) == nil)
        measurement.signals = SignalRecord(
            times: [1, 2],
            series: [SignalSeries(kind: .calculation, component: "machine", limit: nil, values: [0.001, 0.002])])
        #expect(MachineSpeed(measurement.signals)?[0] == 1.5)
    }
}
